/** A line with its line feed: Asterisk reads with a buffer of 8192 bytes, one of which ends the string (config.c, `buf[8192]`). A longer line is dropped. */
export const maxLineBytes = 8191

/** `;--` inside `;--`: Asterisk keeps the line of each in an array of this size (config.c, MAX_NESTED_COMMENTS). */
export const maxNestedComments = 128

/** A file and the files that it includes, one inside the other, after which Asterisk gives up (config.c, MAX_INCLUDE_LEVEL and the file itself). */
export const maxIncludeLevel = 11

/** A section's name is kept in 80 bytes, one of which ends the string (config.c, `struct ast_category`). The rest is cut off without a word. */
export const maxSectionNameBytes = 79

/** The whole name of an included file is kept in 256 bytes, one of which ends the string (config.c, `fn[256]`). */
export const maxPathBytes = 255

/** Not of Asterisk: the file of 100,000 users has about 40 MB, and a device or a mistaken file is not worth more memory. */
export const maxFileBytes = 64 * 1024 * 1024

/** Not of Asterisk: a file that includes itself twice would be read 2^11 times, one that does so ten times never ends. */
export const maxFilesRead = 4096

/** Not of Asterisk: templates that inherit from one another twice each double with every section. 10,000 users have 200,000 settings. */
export const maxSettings = 2_000_000
