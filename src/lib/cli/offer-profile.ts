import { UsageError } from '../errors.js'
import { askText } from './prompt.js'
import { saveProfile } from './save-profile.js'

/** Keeps answers for the next time, if that is wanted. A name that does not do is told, and asked for again. */
export async function offerProfile(
  answers: Readonly<Record<string, string>>,
  { signal, note }: { signal: AbortSignal; note: (message: string) => void }
): Promise<void> {
  while (Object.keys(answers).length > 0 && !signal.aborted) {
    const name = await askText('Keep these answers as a profile (its name; empty: no):', signal)
    if (name === '') return
    try {
      const file = await saveProfile(name, answers)
      note(`written to ${file}: use it with --profile ${name}`)
      return
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      note(error.message)
    }
  }
}
