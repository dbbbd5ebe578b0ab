// What the pages about commands are made of: oclif.manifest.json, read once, in the order and with the words that all pages have in common.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const read = (name) => JSON.parse(fs.readFileSync(path.join(root, name), 'utf8'))

const { version, description, oclif } = read('package.json')

export { description, version }

/** Topics in words: { name: 'agi tunnel user', said: 'Who may open a tunnel' } */
export const topics = Object.entries(oclif.topics).map(([id, { description: said }]) => ({ name: id.replaceAll(':', ' '), said }))

const shown = (flags) => Object.values(flags).filter(({ hidden }) => !hidden)

/** All that are not hidden, by name. */
const visible = Object.values(read('oclif.manifest.json').commands)
  .filter(({ hidden }) => !hidden)
  .sort((a, b) => (a.id < b.id ? -1 : 1))

/** What every command has is said once. */
export const commonFlags = shown(visible[0].flags).filter(({ name, description: said }) =>
  visible.every(({ flags }) => flags[name]?.description === said)
)

/** `words` is the name as it is typed, `usage` the arguments behind it; `flags` are its own; texts have no place holders. */
export const commands = visible.map((command) => {
  const words = command.id.replaceAll(':', ' ')
  const fill = (text = '') => text.replaceAll('<%= config.bin %>', 'pbxkit').replaceAll('<%= command.id %>', words)
  return {
    words,
    topic: words.split(' ')[0],
    usage: Object.values(command.args).map(argumentWord),
    args: Object.values(command.args),
    summary: command.summary ?? '',
    description: fill(command.description),
    flags: shown(command.flags).filter(({ name }) => !commonFlags.some((flag) => flag.name === name)),
    examples: command.examples.map((example) =>
      typeof example === 'string'
        ? { said: undefined, line: fill(example) }
        : { said: example.description, line: fill(example.command) }
    )
  }
})

function argumentWord({ name, required, multiple }) {
  const word = `${name.toUpperCase()}${multiple ? '...' : ''}`
  return required ? word : `[${word}]`
}

/** `-F`, `--field`; `--reconnect`, `--no-reconnect` */
export function flagNames(flag) {
  return [
    ...(flag.char ? [`-${flag.char}`] : []),
    `--${flag.name}`,
    ...(flag.allowNo ? [`--no-${flag.name}`] : []),
    ...(flag.aliases ?? []).map((name) => `--${name}`)
  ]
}

/** What stands behind the flag; undefined when it takes nothing. */
export function flagValue(flag) {
  return flag.type === 'boolean' ? undefined : String(flag.helpValue ?? (flag.options ? 'WORD' : 'VALUE'))
}

/** What it does, which words it takes, and what it is by default. */
export function flagText(flag) {
  const facts = [
    ...(flag.options ? [`One of ${flag.options.join(', ')}.`] : []),
    ...(flag.default !== undefined && flag.type !== 'boolean' ? [`Default: ${flag.default}.`] : [])
  ]
  return [flag.description ?? '', ...facts].filter(Boolean).join('. ').replaceAll('..', '.')
}

/** The exit statuses of sysexits that all commands share (src/lib/errors.ts). */
export const statuses = [
  [0, 'Done.'],
  [1, 'Done, and the answer is "no": an error of Asterisk, findings of a check, accounts that are not registered.'],
  [64, 'The command line is wrong.'],
  [65, 'The data is wrong.'],
  [69, 'Nobody answers there.'],
  [70, 'A bug of pbxkit.'],
  [74, 'Reading or writing failed.'],
  [75, 'No answer in time; try again later.'],
  [76, 'The peer does not speak the protocol.'],
  [77, 'The login was refused, or the key is wrong.'],
  [78, 'The configuration is wrong.'],
  [130, 'Interrupted.']
]

/**
 * Writes pages, or with `--check` on the command line nothing: then it says which are not as they should be, and the exit status is 1.
 * @param pages their texts by their paths in the repository
 * @param folder one that holds nothing but pages of this kind: others in it are from commands that have gone
 */
export function writePages(pages, folder) {
  const old = folder && fs.existsSync(path.join(root, folder)) ? fs.readdirSync(path.join(root, folder)) : []
  const gone = old.map((name) => `${folder}/${name}`).filter((file) => !(file in pages))
  if (process.argv.includes('--check')) {
    const isStale = ([file, text]) =>
      !fs.existsSync(path.join(root, file)) || fs.readFileSync(path.join(root, file), 'utf8') !== text
    const stale = [
      ...Object.entries(pages)
        .filter(isStale)
        .map(([file]) => file),
      ...gone
    ]
    for (const file of stale) console.error(`${file} is stale. Run: npm run build`)
    if (stale.length > 0) process.exitCode = 1
    return
  }
  for (const file of gone) fs.rmSync(path.join(root, file))
  for (const [file, text] of Object.entries(pages)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
  }
}
