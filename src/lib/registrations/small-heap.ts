import v8 from 'node:v8'

/**
 * Has V8 collect sooner. It lets garbage grow to three times of what lives before it looks, and the young generation to 32 MiB: 10,000 accounts live in
 * 30 MiB, and their start would take 230. Only what grows from now on is concerned, so that this is called before accounts are read.
 */
export function keepHeapSmall(): void {
  const flags = ['--heap-growing-percent=20', '--semi-space-growth-factor=1']
  for (const flag of flags) v8.setFlagsFromString(flag)
}
