/** What is let through by name: only these, or all but these. A `*` at the end of a name stands for any rest; case does not count. */
export type NameRule = { readonly allow: readonly string[] } | { readonly deny: readonly string[] }

/** Makes a rule that can be asked often. */
export function nameRule(rule: NameRule): (name: string) => boolean {
  const isListed = matcher('allow' in rule ? rule.allow : rule.deny)
  return 'allow' in rule ? isListed : (name) => !isListed(name)
}

function matcher(names: readonly string[]): (name: string) => boolean {
  const exact = new Set(names.filter((name) => !name.endsWith('*')).map((name) => name.toUpperCase()))
  const starts = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1).toUpperCase())
  return (name) => {
    const upper = name.toUpperCase()
    return exact.has(upper) || starts.some((start) => upper.startsWith(start))
  }
}
