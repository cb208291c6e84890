import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, managedProcess, waitFor } from '@watchbill/testkit';

/** The configuration of Debian's Adminer, with its version check switched off. */
export const ADMINER = '/etc/adminer/conf.php';

export interface Shown {
  readonly status: number;
  readonly html: string;
}

const START_MS = 120_000;

/** Why no page can be served here; null where one can. */
export function adminerMissing(): string | null {
  return existsSync(ADMINER) && existsSync('/usr/bin/php')
    ? null
    : 'Adminer of Debian is missing: apt-get install adminer php-cgi php-cli php-pgsql php-sqlite3';
}

/**
 * Adminer of Debian, served by PHP's own server on a free port of this machine alone. `script`: the page that
 * is served, Adminer's own by default.
 */
export async function startDatabasePage(script = ADMINER) {
  const sessions = mkdtempSync(join(tmpdir(), 'watchbill-page-'));
  const address = `127.0.0.1:${await freePort()}`;
  // Adminer counts refused logins in a file of the temporary folder, and locks clients out: use a separate
  // folder.
  const own = [`session.save_path=${sessions}`, `sys_temp_dir=${sessions}`];
  const args = [...own.flatMap((setting) => ['-d', setting]), '-S', address, script];
  const server = managedProcess('Adminer', join(sessions, 'php.log'), { cwd: sessions });
  server.start(['php', ...args], process.env);
  const url = `http://${address}/`;
  const cookies = new Map<string, string>();
  const ask = async (query: string, form: Readonly<Record<string, string>> | null): Promise<Shown> => {
    const answer = await fetch(`${url}${query}`, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === null ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const next = answer.headers.get('location');
    // A form that is done leads to a page.
    if (next !== null) return ask(next.replace(/^.*\?/, '?'), null);
    return { status: answer.status, html: await answer.text() };
  };
  const stop = async (): Promise<void> => {
    await server.kill();
    rmSync(sessions, { recursive: true });
  };
  try {
    await waitFor('the page', async () => (await fetch(url)).ok, {
      timeoutMs: START_MS,
      everyMs: 50,
      detail: () => server.tail(20),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    /** A page; keeps the cookies of the session. */
    get: (query: string) => ask(query, null),
    post: (query: string, form: Readonly<Record<string, string>>) => ask(query, form),
    stop,
  };
}

/** The token with which a form of the page is accepted. */
export function tokenOf({ html }: Shown): string {
  return /name=["']token["'] value=["']([^"']+)["']/.exec(html)?.[1] ?? '';
}
