import { contactsOf } from '../endpoint-directory.js'
import type { Evaluation } from '../evaluation.js'

/**
 * The state of a device: what was given for `DEVICE_STATE(device)`; for an endpoint of PJSIP NOT_INUSE when it can be reached, UNAVAILABLE when not, INVALID when there is none;
 * NOT_INUSE for Local channels, whose calls nobody knows. Others are UNKNOWN.
 */
export function deviceState({ scene, notes }: Evaluation, device: string): string {
  const given = scene.given.get(`DEVICE_STATE(${device})`)
  if (given !== undefined) return given
  const slash = device.indexOf('/')
  if (slash < 0 && !device.includes(':')) return 'INVALID'
  const technology = device.slice(0, slash).toUpperCase()
  if (technology === 'LOCAL') return 'NOT_INUSE'
  if (technology !== 'PJSIP') {
    notes.unknown(`DEVICE_STATE(${device})`)
    return 'UNKNOWN'
  }
  const endpoint = scene.endpoints.endpoints.get(device.slice(slash + 1).replace(/^.*@/, ''))
  if (!endpoint) return 'INVALID'
  const isReached = endpoint.aors.some((name) => {
    const aor = scene.endpoints.aors.get(name)
    return aor !== undefined && contactsOf(aor).length > 0
  })
  return isReached ? 'NOT_INUSE' : 'UNAVAILABLE'
}
