/** Blocks without what cannot be the same twice: times, uniqueids (numbered in their order), session ids, ports, bridge ids, counters. */
export function normalise(text: string): string {
  const plain = text
    .replace(/^(Timestamp): [\d.]+/gm, '$1: TIME')
    .replace(/^(EventTV|SessionTV): (?!1970).*?(?=\r)/gm, '$1: TIME')
    .replace(/^SessionID: 0x[0-9a-f]+/gm, 'SessionID: ID')
    .replace(/^((?:Local|Remote)Address: .*\/)\d+/gm, '$1PORT')
    .replace(/^(Uptime|LastReload|Challenge|LoginTime|Seconds|CoreProcessedCalls): \d+/gm, '$1: N')
    .replace(/^(CoreStartup|CoreReload)(Date|Time): [\d:-]+/gm, '$1$2: TIME')
    .replace(/^(Duration): [\d:]+/gm, '$1: TIME')
    .replace(/^(ExpectedResponse): [0-9a-f]{32}/gm, '$1: HASH')
    .replace(/^(Variable: (?:ANSWERED|DIALED)TIME(?:_MS)?\r\nValue): \d+/gm, '$1: N')
    .replace(/^(Output: (?:System uptime|Last reload)): .*?(?=\r)/gm, '$1: N')
    // What `core show help` says about a command.
    .replace(/^(Output: .*? -- ).*?(?=\r)/gm, '$1')
    .replace(/^(Output:) \d+ calls processed/gm, '$1 N calls processed')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'BRIDGE')
    .replace(/(?<=!3)!\d+!/g, '!N!')
  const ids = [...new Set(plain.match(/\b\d{10}\.\d+\b/g))].sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))
  return plain.replace(/\b\d{10}\.\d+\b/g, (id) => `U${ids.indexOf(id)}`)
}

export function blocksOf(text: string): string[] {
  return text.split(/(?<=\r\n\r\n)/).filter((block) => block !== '')
}

/** Only the names of the headers, and what kind of block it is. */
export function shapeOf(block: string): string {
  const [first, ...rest] = block.trimEnd().split('\r\n')
  return [first, ...rest.map((line) => line.slice(0, line.indexOf(':')))].join(' ')
}
