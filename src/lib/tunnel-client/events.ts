/** What a client of the tunnel tells of itself. */
export type TunnelEvent =
  | { event: 'connecting'; server: string }
  | { event: 'accepted'; server: string; protocol: 1 | 2; tls: boolean; serverVersion?: string }
  /** The login was sent, and a server of the original says nothing to it until a call comes. */
  | { event: 'waiting'; server: string }
  /** The server does not know protocol 2, and we may speak the other. */
  | { event: 'fallback'; server: string; protocol: 1 }
  /** The server takes protocol 1 no more, and we may speak the other. */
  | { event: 'upgrade'; server: string; protocol: 2 }
  /** For people: from the metadata of the server, or at the login. */
  | { event: 'message'; text: string }
  | { event: 'call-start'; server: string; call: string; callerId: string | undefined; extension: string | undefined }
  /** `reason` is what the dialplan is told, `why` is for people. */
  | { event: 'call-refused'; server: string; call: string; reason: string; why?: string }
  | { event: 'call-end'; server: string; call: string; commands: number; durationMs: number; lost?: 'application' | 'tunnel' }
  | { event: 'dropped'; server: string; reason: string }
  | { event: 'retry'; server: string; inMs: number }
