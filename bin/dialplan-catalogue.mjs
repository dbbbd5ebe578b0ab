// node bin/dialplan-catalogue.mjs core-en_US.xml: makes src/lib/dialplan-check/catalogue/asterisk-22.json of Asterisk's own documentation
// (/usr/share/asterisk/documentation/core-en_US.xml of Debian's package asterisk-modules). Names and letters only, no text.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SaxesParser } from 'saxes'

const [file] = process.argv.slice(2)
if (!file) throw new Error('Which core-en_US.xml?')

const applications = {}
const functions = {}
const objects = {}
const modules = new Set()
const stack = []
/** What is being read: an application and the number of its parameter, an object of pjsip.conf. */
let application
let parameter = -1
let configFile
let object

/** Each value once. */
function add(record, key, value) {
  record[key] ??= []
  if (!record[key].includes(value)) record[key].push(value)
}

function open({ name: tag, attributes }) {
  const parent = stack.at(-1)
  stack.push(tag)
  const { name, module } = attributes
  if (tag === 'module') modules.add(name)
  else if (tag === 'application') {
    application = applications[name] ??= { modules: [], options: {} }
    application.modules.push(module ?? 'builtin')
    parameter = -1
  } else if (tag === 'function') add(functions, name, module ?? 'builtin')
  else if (tag === 'parameter' && application && parent === 'syntax') parameter++
  else if (tag === 'option' && application && parent === 'optionlist') {
    add(application.options, parameter, name.replace(/\(.*/, ''))
  } else if (tag === 'configFile') configFile = name
  else if (tag === 'configObject' && /^pjsip(_wizard)?\.conf$/.test(configFile)) object = objects[name] ??= []
  else if (tag === 'configOption' && object && !object.includes(name)) object.push(name)
}

function close({ name: tag }) {
  stack.pop()
  if (tag === 'application') application = undefined
  else if (tag === 'configFile') configFile = undefined
  else if (tag === 'configObject') object = undefined
}

const parser = new SaxesParser()
parser.on('opentag', open)
parser.on('closetag', close)
parser.on('error', (error) => {
  throw error
})
parser.write(fs.readFileSync(file, 'utf8')).close()

/** One entry a line, sorted: differences between releases can be read. */
const sorted = (record) =>
  `{\n${Object.keys(record)
    .sort()
    .map((name) => `${JSON.stringify(name)}: ${JSON.stringify(record[name])}`)
    .join(',\n')}\n}`
const shortApplication = ({ modules: all, options }) => ({
  modules: all,
  ...(Object.keys(options).length > 0 && { options })
})
const brief = Object.fromEntries(Object.entries(applications).map(([name, one]) => [name, shortApplication(one)]))
const text = `{
"source": "names of Asterisk 22.10.1's own XML documentation (core-en_US.xml of the package asterisk-modules)",
"applications": ${sorted(brief)},
"functions": ${sorted(functions)},
"objects": ${sorted(objects)},
"modules": ${JSON.stringify([...modules].sort())}
}
`
const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '../src/lib/dialplan-check/catalogue')
fs.writeFileSync(path.join(folder, 'asterisk-22.json'), text)
