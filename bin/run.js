#!/usr/bin/env node
// Entry point. Plain old syntax: an old Node must get as far as the sentence that says which one is needed.

var pjson = require('../package.json')
var have = process.versions.node.split('.').map(Number)
var need = /(\d+)\.(\d+)/.exec(pjson.engines.node).slice(1).map(Number)

if (have[0] < need[0] || (have[0] === need[0] && have[1] < need[1])) {
  process.stderr.write(
    'pbxkit needs Node.js ' + need.join('.') + ' or newer; this is ' + process.versions.node + ' (' + process.execPath + ').\n'
  )
  process.exitCode = 78
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  // Answered before the bundle is loaded: scripts ask this often.
  process.stdout.write(
    'pbxkit/' + pjson.version + ' ' + process.platform + '-' + process.arch + ' node-' + process.version + '\n'
  )
} else {
  start()
}

function start() {
  var path = require('path').join(__dirname, '..', 'dist', 'cli.cjs')
  if (!require('fs').existsSync(path)) {
    process.stderr.write('pbxkit is not built yet (no dist/cli.cjs). Run: npm ci && npm run build\n')
    process.exitCode = 78
    return
  }
  // The status is set, never forced: process.exit() would cut off output that a pipe has not taken yet.
  require(path).run(process.argv.slice(2))
}
