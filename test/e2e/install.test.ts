import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runtimePackages, tarballOf } from './support/packages.js'
import { root } from './support/pbxkit.js'

const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
const which = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).stdout.trim()
/** A machine with Node and npm and not much else: no compiler, no make, no python. */
const tools = ['node', 'npm', 'sh', 'env', 'tar', 'uname', 'ldd'].filter((name) => which(name) !== '')

describe.skipIf(which('npm') === '' || process.platform !== 'linux')('npm pack and npm install -g (needs npm, on Linux)', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-install-'))
  const at = (name: string) => path.join(folder, name)
  const env = { PATH: at('path'), HOME: at('home'), LANG: 'C.UTF-8' }
  let contents: string[] = []

  /** Runs what was installed, as a user who has configured nothing. */
  const installed = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(at('prefix/bin/pbxkit'), args, { env, cwd: at('home'), encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  beforeAll(() => {
    for (const name of ['path', 'home', 'tarballs', 'prefix', 'cache']) fs.mkdirSync(at(name))
    for (const name of tools) fs.symlinkSync(fs.realpathSync(which(name)), path.join(at('path'), name))
    fs.rmSync(path.join(at('path'), 'node'))
    fs.symlinkSync(process.execPath, path.join(at('path'), 'node'))
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore']
    })
    // A line of the build may stand before it.
    const [{ filename, files }] = JSON.parse(packed.toString().slice(packed.indexOf('[\n')))
    contents = files.map((file: { path: string }) => file.path)
    const tarballs = runtimePackages().map((one) => tarballOf(one, at('tarballs')))
    const flags = ['--offline', '--no-audit', '--no-fund', '--prefix', at('prefix'), '--cache', at('cache')]
    const result = spawnSync('npm', ['install', '-g', ...flags, at(filename), ...tarballs], {
      env,
      cwd: at('home'),
      encoding: 'utf8'
    })
    if (result.status !== 0) throw new Error(result.stderr)
  }, 180_000)

  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

  it('packs a bundle for each topic and each service, the manifest, the man page and the units, and no source or cache', () => {
    const topics = new Set(fs.readdirSync(path.join(root, 'src/commands')).map((name) => name.replace(/\.ts$/, '')))
    const bundles = contents
      .filter((name) => name.startsWith('dist/') && name.endsWith('.cjs'))
      .map((name) => /^dist\/([\w-]+)(\.\w{16})?\.cjs$/.exec(name)?.[1])
    const services = fs
      .readdirSync(path.join(root, 'src/commands'), { recursive: true, encoding: 'utf8' })
      .filter((file) => path.basename(file) === 'serve.ts')
      .map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, '-'))
    expect(services).toContain('proxy-serve')
    expect(bundles.sort()).toEqual([...topics, ...services, 'cli', 'none'].sort())
    expect(contents).toEqual(expect.arrayContaining(['dist/help.json', ...[...topics].map((topic) => `dist/help.${topic}.json`)]))
    expect(contents).toEqual(
      expect.arrayContaining([
        'bin/run.js',
        'oclif.manifest.json',
        'LICENSE',
        'docs/pbxkit.1',
        'docs/systemd/pbxkit-proxy.service'
      ])
    )
    expect(contents.filter((name) => /^(src|test|node_modules|\.)/.test(name))).toEqual([])
  })

  it('needs nothing that is built at the installation', () => {
    const building = runtimePackages().filter(({ folder: one, scripts }) => {
      const hooks = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts)
      return hooks.length > 0 || fs.existsSync(path.join(root, one, 'binding.gyp'))
    })
    expect(building.map(({ name }) => name)).toEqual([])
  })

  it('installs --offline from tarballs, and says its version', () => {
    expect(installed('--version')).toEqual({
      status: 0,
      stderr: '',
      stdout: `pbxkit/${version} linux-${process.arch} node-${process.version}\n`
    })
  })

  it('has every topic', () => {
    const { status, stdout } = installed('--help')
    expect(status).toBe(0)
    for (const name of fs.readdirSync(path.join(root, 'src/commands'))) {
      const topic = name.replace(/\.ts$/, '')
      expect(stdout).toMatch(new RegExp(`^ +${topic} `, 'm'))
      expect(installed(topic, '--help')).toMatchObject({ status: 0, stderr: '' })
    }
  })

  it('runs commands that use the catalogue, keys, and SQL', () => {
    expect(installed('ami', 'send', 'Ping', '--dry-run')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Action: Ping')
    })
    expect(installed('keygen', '--type', 'voipmonitor')).toMatchObject({ status: 0, stderr: '' })
    const db = ['--db', `sqlite:${at('home')}/tunnel.db`]
    const added = spawnSync(at('prefix/bin/pbxkit'), ['agi', 'tunnel', 'user', 'add', 'alice', '--secret-file', '-', ...db], {
      env,
      input: 'a password of alice\n',
      encoding: 'utf8'
    })
    expect({ status: added.status, stderr: added.stderr }).toMatchObject({ status: 0 })
    const { status, stdout } = installed('agi', 'tunnel', 'user', 'list', '--json', ...db)
    expect({ status, users: JSON.parse(stdout) }).toMatchObject({ status: 0 })
    expect(stdout).toContain('alice')
  })
})
