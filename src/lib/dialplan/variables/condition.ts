/** Is a condition met (pbx.c, pbx_checkcondition)? Nothing is not; what begins with an integer is if that is not 0; any other text is, also `"0"` with its quotes. */
export function isMet(condition: string): boolean {
  if (condition === '') return false
  const number = leadingInteger(condition)
  return number === undefined ? true : number !== 0
}

/** As sscanf reads `%30d`. */
export function leadingInteger(text: string): number | undefined {
  const [found] = /^[\s]*[+-]?\d{1,30}/.exec(text) ?? []
  return found === undefined ? undefined : Number(found) | 0
}
