// Values as nearly all write them. One look of a regular expression says that such a value is right, where taking it apart makes a dozen objects that
// nobody asks for. Whatever else is right, and whatever is wrong, is for the parsers to say: each form here is part of what they take.

const label = '[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*'
const port = '(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?'
const token = '[A-Za-z0-9.+_~-]+'

// RFC 1035 2.3.4 bounds hosts; a text that is no longer has no host that is.
const maxUsual = 255

const address = new RegExp(`^<sip:(?:[A-Za-z0-9._+-]+@)?${label}${port}>(?:;tag=(${token}))?$`)

/** `<sip:user@host:port>`, with nothing behind it but a tag. */
export function isUsualAddress(value: string): boolean {
  return value.length <= maxUsual && address.test(value)
}

/** @param value a usual address */
export function usualTag(value: string): string | undefined {
  const at = value.indexOf('>;tag=')
  return at < 0 ? undefined : value.slice(at + 6)
}

const rport = '(?:;rport(?:=(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?)?'
const received = '(?:;received=[0-9.]{7,15})?'
const via = new RegExp(
  `^SIP/2\\.0/(?:UDP|TCP|TLS) ${label}${port}(?:;branch=${token}${rport}${received}|${rport}${received};branch=${token}|;branch=${token}${received}${rport})$`
)

/** One Via with a branch, and with what a server adds to it. */
export function isUsualVia(value: string): boolean {
  return value.length <= maxUsual && via.test(value)
}

/** @param value a usual Via */
export function usualBranch(value: string): string {
  const from = value.indexOf(';branch=') + 8
  const end = value.indexOf(';', from)
  return end < 0 ? value.slice(from) : value.slice(from, end)
}
