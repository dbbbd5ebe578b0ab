import type { ConfigFiles } from '../../asterisk-config/files.js'

/** Names of contexts in AEL and Lua, found without reading these languages: too many do no harm, one too few would be a false alarm. */
export function foreignContexts(files: ConfigFiles): string[] {
  const text = (name: string) => {
    const bytes = files.read(`${files.folder}/${name}`)
    return bytes === undefined || bytes === 'not-a-file' ? '' : Buffer.from(bytes).toString('utf8')
  }
  const ael = [...text('extensions.ael').matchAll(/^\s*(?:abstract\s+|extend\s+)*(?:context|macro)\s+([\w-]+)/gm)]
  const lua = [...text('extensions.lua').matchAll(/^\s*(?:\[\s*["']([^"']+)["']\s*\]|([\w]+))\s*=\s*\{/gm)]
  return [...ael.map((match) => match[1]!), ...lua.map((match) => match[1] ?? match[2]!)]
}
