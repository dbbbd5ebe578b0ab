/** Where astmanproxy looked for its files: the paths were compiled in. */
export const legacyConfPath = '/etc/asterisk/astmanproxy.conf'
export const legacyUsersPath = '/etc/asterisk/astmanproxy.users'
