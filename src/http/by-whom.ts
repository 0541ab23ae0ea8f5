// Who changed something, as people read it later: our own command line says so in its User-Agent, and whoever else
// holds the token is the API. It is a word for logs and lists, and proves nothing.

export function byWhom(userAgent: string | undefined): string {
  return userAgent?.startsWith('ringthrough-cli/') ? 'cli' : 'api';
}
