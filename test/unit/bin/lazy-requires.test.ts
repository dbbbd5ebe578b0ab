import { describe, expect, it } from 'vitest'
import { lazyRequires } from '../../../bin/lazy-requires.mjs'

/** Runs the text as CommonJS. @returns its exports, and the names of what it has loaded, as they come */
function evaluate(source: string, modules: Record<string, object>) {
  const loaded: string[] = []
  const exports: Record<string, unknown> = {}
  const require = (name: string) => {
    loaded.push(name)
    return modules[name]
  }
  new Function('require', 'exports', '__importDefault', source)(require, exports, (module: object) => ({ default: module }))
  return { exports, loaded }
}

describe('oclif with lazy requires', () => {
  const source = `const errors_1 = require("../errors");
const ejs_1 = __importDefault(require("ejs"));
var command_2 = require("./command");
Object.defineProperty(exports, "CommandHelp", { enumerable: true, get: function () { return command_2.CommandHelp; } });
exports.fail = () => (0, errors_1.error)("no errors_10");
exports.render = (text) => ejs_1.default.render(text);
`
  const modules = {
    '../errors': { error: (text: string) => `failed: ${text}` },
    ejs: { render: (text: string) => `<${text}>` },
    './command': { CommandHelp: 1 }
  }

  it('loads a module when something of it is used, and once', () => {
    const { exports, loaded } = evaluate(lazyRequires(source), modules)
    expect(loaded).toEqual([])
    const { fail, render } = exports as Record<string, (text?: string) => string>
    expect([fail!(), fail!(), render!('x'), exports.CommandHelp]).toEqual([
      'failed: no errors_10',
      'failed: no errors_10',
      '<x>',
      1
    ])
    expect(loaded).toEqual(['../errors', 'ejs', './command'])
  })

  it('leaves alone what is loaded for its effect, and names that are not of the compiler', () => {
    for (const text of [
      'require("./polyfill");\n',
      'const Parser = __importStar(require("./parser"));\n',
      '__exportStar(require("./x"), exports);\n'
    ])
      expect(lazyRequires(text)).toBe(text)
  })
})
