import { configText, type NewSection } from '../../asterisk-config/write.js'
import type { Site, SiteTrunk, SiteUser } from '../../site/site.js'
import { matchesOf, trunkOwn, trunkOwnAor, trunkUri, userAor, userEndpoint } from './endpoint-settings.js'

/** Users and trunks as the objects that Asterisk has: half the memory of the wizard, and one user is reloaded in a fifth of its time. */
export function plainEndpoints(site: Site): string {
  return configText(sectionsOf(site), 'Trunks and users. Secrets are in here.')
}

function* sectionsOf({ users, trunks }: Site): Generator<NewSection> {
  for (const trunk of trunks) yield* trunkSections(trunk)
  for (const user of users) yield* userSections(user)
}

function userSections(user: SiteUser): NewSection[] {
  const { name, secret } = user
  return [
    {
      name,
      inherits: [user.access === 'inout' ? 'w_term_io' : 'w_term_i'],
      settings: [
        { name: 'auth', value: name },
        { name: 'aors', value: name },
        // Without the wizard it makes no hint; the dialplan reads it.
        { name: '@hint_exten', value: user.number },
        ...userEndpoint(user)
      ]
    },
    {
      name,
      inherits: ['w_auth'],
      settings: [
        { name: 'username', value: name },
        { name: 'password', value: secret }
      ]
    },
    { name, inherits: ['w_aor'], settings: userAor(user) }
  ]
}

function trunkSections(trunk: SiteTrunk): NewSection[] {
  const { name, username, secret } = trunk
  const hasAuth = username !== undefined && secret !== undefined
  const login: NewSection['settings'] = hasAuth ? [{ name: 'outbound_auth', value: name }] : []
  return [
    { name, inherits: ['w_trunk'], settings: [{ name: 'aors', value: name }, ...login, ...trunkOwn(trunk)] },
    ...(hasAuth
      ? [
          {
            name,
            inherits: ['w_auth'],
            settings: [
              { name: 'username', value: username },
              { name: 'password', value: secret }
            ]
          }
        ]
      : []),
    {
      name,
      inherits: ['w_trunk_aor'],
      settings: [...trunk.hosts.map((host) => ({ name: 'contact', value: trunkUri(trunk, host) })), ...trunkOwnAor(trunk)]
    },
    {
      name,
      inherits: ['w_identify'],
      settings: [{ name: 'endpoint', value: name }, ...matchesOf(trunk).map((value) => ({ name: 'match', value }))]
    },
    ...(trunk.register ? trunk.hosts.map((host, index) => registration(trunk, host, index, login)) : [])
  ]
}

/** One for each host; the first has the trunk's own name. */
function registration(trunk: SiteTrunk, host: string, index: number, login: NewSection['settings']): NewSection {
  const { name, contactUser, transport } = trunk
  return {
    name: index === 0 ? name : `${name}-${index + 1}`,
    inherits: ['w_registration'],
    settings: [
      { name: 'server_uri', value: trunkUri(trunk, host) },
      { name: 'client_uri', value: trunkUri(trunk, host, trunk.username ?? contactUser) },
      { name: 'contact_user', value: contactUser },
      { name: 'transport', value: transport },
      ...login
    ]
  }
}
