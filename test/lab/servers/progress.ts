/** Says on stderr what the lab is doing: making a chroot takes a minute, and a silent minute looks like a hang. */
export function progress(text: string): void {
  process.stderr.write(`lab: ${text}\n`)
}

/** Announces a slow step before it starts and says how long it took once it is done. */
export async function timed<T>(text: string, work: () => Promise<T>): Promise<T> {
  progress(`${text} ...`)
  const started = performance.now()
  const result = await work()
  progress(`${text}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return result
}
