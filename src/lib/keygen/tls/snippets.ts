import type { TlsPaths } from './generate-tls.js'

export const snippetNames = ['manager', 'http', 'pjsip', 'astmanproxy', 'proxy'] as const
export type SnippetName = (typeof snippetNames)[number]

/** Lines for the configuration of a server that uses the certificate. Paths as they are given. */
export function tlsSnippet(name: SnippetName, paths: TlsPaths): string {
  return writers[name](paths)
}

const writers: Record<SnippetName, (paths: TlsPaths) => string> = {
  manager: (paths) => `; manager.conf\n[general]\n${asteriskServer(paths, '0.0.0.0:5039')}`,
  http: (paths) => `; http.conf\n[general]\nenabled = yes\n${asteriskServer(paths, '0.0.0.0:8089')}`,
  pjsip: ({ certificate, key = certificate }) => `; pjsip.conf
[transport-tls]
type = transport
protocol = tls
bind = 0.0.0.0:5061
method = tlsv1_2
cert_file = ${certificate}
priv_key_file = ${key}
`,
  // It knows one file, with certificate and key in it.
  astmanproxy: ({ certificate, key }) => `; astmanproxy.conf
allowencryptedconnections = yes
allowunencryptedconnections = no
${key === undefined ? '' : '; it wants both in one file: keygen --files single\n; '}certfile = ${certificate}
`,
  proxy: ({ certificate, key }) => `; pbxkit proxy serve --config
tls-cert = ${certificate}
${key === undefined ? '' : `tls-key = ${key}\n`}`
}

/** Asterisk's own TLS server, of AMI and of HTTP. Without tlsprivatekey it looks for the key in tlscertfile. */
function asteriskServer({ certificate, key }: TlsPaths, address: string): string {
  const lines = ['tlsenable = yes', `tlsbindaddr = ${address}`, `tlscertfile = ${certificate}`]
  return `${[...lines, ...(key === undefined ? [] : [`tlsprivatekey = ${key}`])].join('\n')}\n`
}
