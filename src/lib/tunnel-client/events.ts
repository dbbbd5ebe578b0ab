/** What a client of the tunnel tells of itself. */
export type TunnelEvent =
  | { event: 'connecting'; server: string }
  | { event: 'accepted'; server: string; protocol: 1 | 2; tls: boolean }
  | { event: 'call-start'; call: string; callerId: string | undefined; extension: string | undefined }
  | { event: 'call-refused'; call: string; reason: string }
  | { event: 'call-end'; call: string; commands: number; durationMs: number; lost?: 'application' | 'tunnel' }
  | { event: 'dropped'; reason: string }
  | { event: 'retry'; inMs: number }
