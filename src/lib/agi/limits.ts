/**
 * The longest command that Asterisk 22 reads as one, with its LF: `run_agi` reads into 8192 bytes. What is longer is cut there, and the rest runs as
 * further commands.
 */
export const maxCommandLineBytes = 8191

/**
 * The most words that `parse_args` of res_agi.c has room for (128 pointers, the last NULL). Words without quotes are dropped beyond it; words that begin
 * with a quote are written past the end of the array, which kills Asterisk 22.10.1.
 */
export const maxCommandWords = 127

/** The most words that are let through to an Asterisk, with some room to the limit that must never be met. */
export const maxGuardedWords = 100

/** Header blocks of real calls have about 600 bytes and 22 lines; arguments of AGI() come on top, and a dialplan line has some thousand bytes. */
export const maxHeaderBlockBytes = 64 * 1024
export const maxHeaderLines = 256

/** The longest reply, a usage block, has 3 kB in Asterisk 22; values of variables are cut at 1023 bytes, those of expressions at 4095. */
export const maxReplyBytes = 64 * 1024
