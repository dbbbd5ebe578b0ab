import { PbxkitError, UsageError } from '../errors.js'
import type { RegistrationSecret } from '../registrations/account.js'
import type { DigestSession } from '../sip/digest-session.js'
import type { SipUri } from '../sip/uri.js'
import { runBatch } from '../uac/batch.js'
import type { RequestDraft } from '../uac/draft.js'
import { sendRaw } from '../uac/raw.js'
import { runHook } from '../uac/reply-hook.js'
import { compileExpectation } from '../uac/request-fields.js'
import { needsSharedUdp, send } from '../uac/send.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { Command } from './oclif.js'
import { offerProfile } from './offer-profile.js'
import { askText } from './prompt.js'
import { homesOf, readSipUri, refuseLineEnds, SipCommand, type SipFlags } from './sip-command.js'
import { replyJson, type ShownReply } from './sip-reply-text.js'
import { applySendFlags, readInput, readInputs, readMethod, type SendFlags } from './sip-request-source.js'
import { SendPrinter } from './sip-send-printer.js'
import { type CsvRow, type FilledRequest, RequestTemplate, readCsv } from './sip-send-rows.js'

type AllFlags = SendFlags & SipFlags & { json: boolean }

/** One request that is to be sent. */
interface SendJob {
  draft: RequestDraft
  uri: SipUri
  flags: AllFlags
  secret: RegistrationSecret | undefined
  line?: number | undefined
}

/** What `uac send` does with its flags: one request, or many of them. */
export abstract class SipSendCommand<T extends typeof Command> extends SipCommand<T> {
  get #flags(): AllFlags {
    return this.flags as unknown as AllFlags
  }

  /**
   * Asks for what a request of this method mostly needs and no flag says. The answers take the place of the flags.
   * @returns those that are worth keeping: who we are, not what is said
   */
  protected async askRest(method: string): Promise<Record<string, string>> {
    const flags = this.#flags
    const ask = async (name: 'body' | 'event' | 'from' | 'auth-user', question: string, value?: string) => {
      const answer = flags[name] === undefined ? await askText(question, this.signal, value) : ''
      if (answer !== '') flags[name] = answer
      return answer
    }
    const upper = method.toUpperCase()
    if (upper === 'MESSAGE' && flags['body-file'] === undefined) await ask('body', 'Text:')
    if (upper === 'SUBSCRIBE' || upper === 'PUBLISH') await ask('event', 'Event:', 'presence')
    const from = await ask('from', 'From (empty: the user below, or the URI):')
    const user = await ask('auth-user', 'User that answers challenges (empty: none):')
    refuseLineEnds(flags as unknown as Record<string, unknown>)
    return { ...(from && { from }), ...(user && { 'auth-user': user }) }
  }

  protected offerProfile(answers: Readonly<Record<string, string>>): Promise<void> {
    return offerProfile(answers, { signal: this.signal, note: (message) => this.note(message) })
  }

  /** Sends what the flags say, prints what comes back, and sets the exit status. */
  protected async send(method: string, uri: string): Promise<void> {
    const { csv, repeat, raw, expect } = this.#flags
    const rows = csv === undefined ? undefined : await readCsv(csv, (message) => this.note(message))
    const printer = new SendPrinter({
      ...{ out: this.out, flags: this.#flags, several: repeat > 1 || rows !== undefined },
      isExpected: compileExpectation(expect ?? ['2xx']),
      note: (message) => this.note(message)
    })
    const upper = method.toUpperCase()
    // With a place for a value in it, it may be any.
    const agent = this.openAgent(needsSharedUdp(upper) || upper.includes('{{') ? 'shared' : 'connected')
    try {
      if (raw !== undefined) await this.#sendRaw(agent, method, uri, printer)
      else await this.#sendAll(agent, this.#jobs(agent, method, uri, rows), printer)
    } finally {
      agent.close()
    }
    if (!this.signal.aborted) process.exitCode = printer.finish()
  }

  /** @returns makes the requests in their order. All have been looked at before, so that a mistake in the last row is no surprise in the middle */
  #jobs(agent: UserAgent, method: string, uri: string, rows: readonly CsvRow[] | undefined): () => Generator<SendJob> {
    const flags = this.#flags
    const given = { method, uri, flags, inputs: readInputs(flags) }
    const times = Array.from({ length: flags.repeat }, (_, nth) => nth)
    if (!rows) {
      const first = this.#job(agent, { ...given, secret: undefined })
      return function* () {
        for (const nth of times) yield nthJob(first, nth, agent)
      }
    }
    const template = new RequestTemplate(given, flags.csv!, (message) => this.note(message))
    const ofRow = (row: CsvRow) => ({ ...template.fill(row, (request) => this.#job(agent, request)), line: row.line })
    for (const row of rows) ofRow(row)
    return function* () {
      for (const nth of times) for (const row of rows) yield nthJob(ofRow(row), nth, agent)
    }
  }

  /** @throws UsageError */
  #job(agent: UserAgent, { method, uri: text, flags, inputs, secret }: FilledRequest): SendJob {
    const uri = readSipUri('The URI', text)
    const draft = applySendFlags(this.draft(agent, readMethod(method), uri, flags), flags, inputs)
    // What is wrong with the way is wrong before anything is sent.
    this.exchangeOptions(uri, draft.routes?.[0], flags)
    return { draft, uri, flags: flags as AllFlags, secret }
  }

  async #sendAll(agent: UserAgent, jobs: () => Iterable<SendJob>, printer: SendPrinter): Promise<void> {
    const { repeat, csv, concurrency, interval = csv === undefined ? 1000 : 0, 'auth-user': user } = this.#flags
    const isOne = repeat === 1 && csv === undefined
    // The answers to a challenge are counted: requests at the same time have a session each.
    const sessions = new Map<number, DigestSession | undefined>()
    await runBatch(agent, jobs(), { concurrency, intervalMs: interval, signal: this.signal }, async (job, place) => {
      const isOwn = job.secret !== undefined || job.flags['auth-user'] !== user
      if (!isOwn && !sessions.has(place)) sessions.set(place, await this.digest(agent, homesOf(job.draft, job.uri)))
      const digest = isOwn ? await this.digest(agent, homesOf(job.draft, job.uri), job.flags, job.secret) : sessions.get(place)
      try {
        await this.#sendOne(agent, job, digest, printer)
      } catch (error) {
        if (isOne || this.signal.aborted || !(error instanceof PbxkitError)) throw error
        await printer.failure(error, { uri: job.draft.uri, line: job.line })
      }
    })
  }

  async #sendOne(agent: UserAgent, job: SendJob, digest: DigestSession | undefined, printer: SendPrinter): Promise<void> {
    const { draft, uri, flags, line } = job
    const { 'cancel-after': cancelAfterMs, 'bye-after': byeAfterMs, wait: waitMs } = flags
    const result = await send(agent, draft, {
      ...this.exchangeOptions(uri, draft.routes?.[0], flags),
      ...{ digest, cancelAfterMs, byeAfterMs, waitMs },
      onProvisional: (reply) => this.note(`${reply.start.status} ${reply.start.reason}`),
      onNotify: (notify) => void printer.notify(notify)
    })
    const shown = { ...result.answer, target: result.answer.flow.target }
    await printer.reply(shown, { uri: draft.uri, line }, result)
    await this.#tellHook(draft, shown)
  }

  /** --on-reply. What it does is its own affair: its failure is told, and is none of the request. */
  async #tellHook({ method, uri, callId }: RequestDraft, shown: ShownReply): Promise<void> {
    const { 'on-reply': command, timeout: timeoutMs } = this.#flags
    if (command === undefined || this.signal.aborted) return
    const { status, reason } = shown.reply.start
    const facts = { STATUS: String(status), REASON: reason, METHOD: method, URI: uri, CALL_ID: callId }
    const env = Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [`PBXKIT_REPLY_${name}`, value.replaceAll('\0', '')])
    )
    const input = `${JSON.stringify({ method, uri, callId, ...replyJson(shown) })}\n`
    try {
      await runHook({ command, env, input, timeoutMs, signal: this.signal })
    } catch (error) {
      if (!(error instanceof PbxkitError) || this.signal.aborted) throw error
      this.note(`--on-reply: ${error.message}`)
    }
  }

  async #sendRaw(agent: UserAgent, method: string, text: string, printer: SendPrinter): Promise<void> {
    const { repeat, csv, raw } = this.#flags
    if (repeat > 1 || csv !== undefined) throw new UsageError('--raw is sent once')
    readMethod(method)
    const { to, timeoutMs } = this.exchangeOptions(readSipUri('The URI', text))
    const targets = 'scheme' in to ? await agent.targetsOf(to) : to
    const answer = await sendRaw(agent, readInput(raw!), { target: targets[0]!, timeoutMs, signal: this.signal })
    await printer.reply(answer, { uri: text })
  }
}

/** The same request again is one of its own, unless it is told to be of the same call: then its number goes on, past that of an answered challenge. */
function nthJob(job: SendJob, nth: number, agent: UserAgent): SendJob {
  if (nth === 0) return job
  const { draft, flags } = job
  const own = flags['call-id'] === undefined ? { callId: agent.ids.callId() } : { cseq: draft.cseq + nth * 2 }
  return { ...job, draft: { ...draft, ...own } }
}
