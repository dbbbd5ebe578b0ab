/** Where the server and the client of the tunnel say what happens. */
export interface TunnelLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
