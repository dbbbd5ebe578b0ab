import type { Site } from '../../site/site.js'
import { callContexts, callSubroutines } from './calls.js'
import { answerContext, emergencyContext, entryContexts, trunkSubroutine } from './entries.js'
import { ivrContexts } from './ivr.js'
import { keptTextContexts } from './kept-texts.js'
import { lookupContext } from './lookup.js'
import { deviceOf } from './parts.js'
import { textContexts, textSubroutines } from './texts.js'
import { voicemailSubroutine } from './voicemail.js'

/**
 * The dialplan: entry contexts (`dp_entry_*`) include action contexts (`dp_*`), which call subroutines (`sub_*`). Nothing of a user is in it, but for the patterns of the hints.
 */
export function extensionsConf(site: Site): string {
  const device = deviceOf(site.output.form)
  return [
    head,
    entryContexts(site),
    lookupContext(site),
    emergencyContext(site),
    callContexts(device),
    textContexts(device),
    answerContext(device),
    ivrContexts(site),
    callSubroutines,
    trunkSubroutine,
    voicemailSubroutine(site),
    textSubroutines,
    keptTextContexts,
    tail
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const head = `; The dialplan. Settings are in extensions_local.conf; what you add yourself goes into extensions_custom.conf, which is never written here.

[general]
static = yes
writeprotect = yes
autofallthrough = yes
clearglobalvars = no

; It begins the sections that are continued here: without it nothing of this file could be loaded.
#include extensions_local.conf
`

const tail = `;---------------- your own: contexts, and (+) for those above
#tryinclude extensions_custom.conf
`
