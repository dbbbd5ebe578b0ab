/** The SCRAM client of node-postgres, by another author. */
declare module 'pg/lib/crypto/sasl.js' {
  interface Session {
    response: string
  }
  interface Stream {
    getPeerCertificate(): { raw: Buffer }
  }
  const sasl: {
    startSession(mechanisms: string[], stream?: Stream): Session
    continueSession(session: Session, password: string, serverFirst: string, stream?: Stream): Promise<void>
    finalizeSession(session: Session, serverFinal: string): void
  }
  export default sasl
}
