import path from 'node:path'

/**
 * Where the control socket of a command (`proxy`, `agi tunnel`) may be, the best place first: the user's runtime folder (XDG Base Directory
 * Specification: only an absolute path counts), then the system's. A service that systemd starts as root has no runtime folder, while root's
 * shell has one: whoever asks looks in both.
 */
export function controlPaths(command: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const folders = [env.XDG_RUNTIME_DIR, '/run'].filter((folder) => folder !== undefined && path.isAbsolute(folder)) as string[]
  return folders.map((folder) => path.join(folder, 'pbxkit', `${command.replaceAll(' ', '-')}.sock`))
}
