import type { ShownStatus } from '../shown-status.js'
import { age } from './calls-view.js'
import { byId, setText, table } from './dom.js'
import { shown } from './model/message.js'

/** Servers and clients, as far as the proxy shows them to this user. */
export function drawStatus({ servers, clients, clientCount, isAdmin, uptimeS, version, you }: ShownStatus): void {
  const up = servers.filter(({ state }) => state === 'up').length
  setText(byId('figure-servers'), `${up} of ${servers.length}`)
  setText(byId('figure-clients'), clientCount === null ? 'only yours' : String(clientCount))
  byId('servers').replaceChildren(
    table(
      'Servers',
      isAdmin ? ['Server', 'Address', 'State', 'Events/s', 'Lag', 'In flight', 'Reconnects', 'Says'] : ['Server', 'State'],
      servers.map((server) => {
        if (!('host' in server)) return [shown(server.name, 80), server.state]
        const { name, host, port, tls, state, eventsPerS, lagMs, actionsInFlight, reconnects, banner, lastError } = server
        return [
          shown(name, 80),
          `${shown(host, 80)}:${port}${tls ? ' (TLS)' : ''}`,
          state,
          number(eventsPerS),
          lagMs === null ? '' : `${number(lagMs)} ms`,
          String(actionsInFlight),
          String(reconnects),
          shown((state === 'up' ? banner : lastError) ?? '', 120)
        ]
      })
    )
  )
  const note = isAdmin
    ? `The proxy ${version} has been running for ${age(uptimeS * 1000)}.`
    : 'Others are for administrators to see.'
  const more = clientCount !== null && clientCount > clients.length ? ` ${clients.length} of ${clientCount} are shown.` : ''
  setText(byId('clients-note'), `${note}${more}`)
  byId('clients').replaceChildren(
    table(
      'Clients',
      ['Id', 'User', 'Address', 'Format', 'Filtered', 'Waiting', 'Dropped', 'Actions', 'Sent'],
      clients.map((client) => [
        `${client.id}${client.id === you ? ' (you)' : ''}`,
        shown(client.user ?? '-', 80),
        `${shown(client.address, 80)}${client.encrypted ? ' (TLS)' : ''}`,
        client.input === client.output ? client.input : `${client.input} > ${client.output}`,
        client.filtered ? 'yes' : 'no',
        bytes(client.queueBytes),
        String(client.dropped),
        String(client.actions),
        bytes(client.bytesOut)
      ])
    )
  )
}

export function number(value: number | null): string {
  return value === null ? '' : String(value < 100 ? Math.round(value * 10) / 10 : Math.round(value))
}

function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  return count < 1024 ** 2 ? `${(count / 1024).toFixed(1)} KB` : `${(count / 1024 ** 2).toFixed(1)} MB`
}
