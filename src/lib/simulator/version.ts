/** The first line that the server sends (Asterisk 22). */
export const banner = 'Asterisk Call Manager/11.0.0\r\n'
export const amiVersion = '11.0.0'
/** The release that the recordings come from. */
export const asteriskVersion = '22.10.1+dfsg+~cs6.17.60671434-1'
