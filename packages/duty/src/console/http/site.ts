import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, causeText, type Random } from '@watchbill/kit';
import { coded, html, LIVE_SCRIPT, type Markup } from '@watchbill/kit/html';
import type { MakePages, PagesHost, ServedPages } from '../../service/index.ts';
import { readPages } from '../others/look.ts';
import type { OtherPage } from '../others/other-page.ts';
import { handoverPage } from '../pages/handover.ts';
import { loginPage } from '../pages/login.ts';
import { overview } from '../pages/overview.ts';
import { type ShellPage, shell } from '../pages/shell.ts';
import { cellMarkup, cellPath } from '../pages/strip.ts';
import { iconOf, STYLE } from '../pages/style.ts';
import { readFacts } from '../view/facts.ts';
import type { AlertWords } from '../view/needs.ts';
import { type ConsoleView, type KeyView, viewOf } from '../view/view.ts';
import { type Admitted, admit, COOKIE, type ConsoleAccess, isSameOrigin } from './access.ts';
import { readForm } from './form.ts';
import { runHandover } from './handover.ts';
import { type LiveStream, liveStream } from './live.ts';
import { type Reply, redirect, send } from './reply.ts';
import { createFormTokens, createSessions, type FormTokens, SESSION_MS, type Sessions } from './sessions.ts';
import { permitSource } from './source.ts';

export interface ConsoleOptions {
  readonly access: ConsoleAccess;
  readonly clock: Clock;
  readonly random: Random;
  /** The words of alerts, for conditions that hold now. */
  readonly words?: AlertWords;
  /** Addresses of the pages of other capabilities by name, for example `nominate`. */
  readonly pages?: Readonly<Record<string, string | undefined>>;
}

interface Site extends ConsoleOptions {
  readonly host: PagesHost;
  readonly sessions: Sessions;
  readonly forms: FormTokens;
  readonly live: LiveStream;
  readonly others: () => Promise<readonly OtherPage[]>;
  /** The view of all keys, shared by all readers for a moment. */
  readonly view: () => Promise<ConsoleView>;
}

interface Call {
  readonly site: Site;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

type Reader = Extract<Admitted, { ok: true }>;

/** One reading of the service serves every page for this long. */
const FRESH_MS = 500;

/** The console as pages of a service: decision 0035. */
export function consolePages(options: ConsoleOptions): MakePages {
  return (host): ServedPages => {
    const { clock, random, pages = {}, words } = options;
    const live = liveStream(host);
    const source = permitSource(host.permit, clock);
    const site: Site = {
      ...{ ...options, host, live, forms: createFormTokens(random), sessions: createSessions(clock, random) },
      others: readPages(pages, clock),
      view: shared(clock, async () => viewOf(await readFacts(source, clock.nowMs()), words)),
    };
    return {
      owns: (path) => path === '/' || path.startsWith('/console/') || path.startsWith('/u/'),
      handle: (request, response) => {
        const url = new URL(request.url?.startsWith('/') ? `http://host${request.url}` : 'http://host/');
        const call = { site, request, response, url };
        answer(call)
          .catch((error: unknown) => broken(site, error))
          .then((reply) => {
            if (reply !== null && !response.headersSent && !response.destroyed)
              send(request, response, reply);
          });
      },
      close: live.close,
    };
  };
}

/** Null if the answer is a stream, or the connection was ended. */
async function answer(call: Call): Promise<Reply | null> {
  const { site, request, url } = call;
  const isPost = request.method === 'POST';
  if (!isPost && request.method !== 'GET' && request.method !== 'HEAD')
    return {
      ...message(405, 'This page has no such method', 'Use GET or POST.'),
      headers: { allow: 'GET, POST' },
    };
  if (url.pathname === '/console/page.css')
    return { status: 200, type: 'text/css; charset=utf-8', body: STYLE };
  if (url.pathname === '/console/page.js')
    return { status: 200, type: 'text/javascript; charset=utf-8', body: LIVE_SCRIPT };
  const [, tone] = /^\/console\/(good|warn|bad)\.svg$/.exec(url.pathname) ?? [];
  if (tone !== undefined) return { status: 200, type: 'image/svg+xml', body: iconOf(tone) };
  if (isPost && !isSameOrigin(request, site.host.isTls))
    return message(
      403,
      'The form came from another site',
      'Open the console of this service, and send its form.',
    );
  if (url.pathname === '/console/login') return isPost ? signIn(call) : loginReply(200, null);
  const reader = await admit(request, site);
  if (!reader.ok)
    return reader.status === 401
      ? loginReply(401, reader.why)
      : message(403, 'Not on this address', reader.why ?? '');
  if (reader.caller !== null && !site.host.belongs(request, reader.caller)) return null;
  if (url.pathname === '/console/live') return isPost ? noSuchPage() : followed(call, reader);
  if (url.pathname === '/' && !isPost) {
    const [view, others] = await Promise.all([site.view(), site.others()]);
    const mayChange = reader.caller === null || reader.caller.role === 'operator';
    const { text, tone } = view.summary;
    const content = overview(view, others, mayChange);
    return page(reader, { title: text, icon: `/console/${tone}.svg`, content, isLive: true });
  }
  return keyPage(call, reader, isPost);
}

/** `/u/KEY/DUTY/UNIT` and `/console/KEY/handover`. */
async function keyPage(call: Call, reader: Reader, isPost: boolean): Promise<Reply> {
  const { site, url } = call;
  const view = await site.view();
  const [, first, second, third] = url.pathname.split('/');
  const key = view.keys.find(({ id }) => id === second);
  if (key === undefined) return noSuchPage();
  if (first === 'console' && third === 'handover') return handover(call, reader, key, isPost);
  const cells = key.strips.flatMap((strip) => strip.cells);
  const cell = cells.find((one) => cellPath(key, one) === url.pathname);
  if (first !== 'u' || isPost || cell === undefined) return noSuchPage();
  return page(reader, {
    title: `${cell.duty} ${cell.unit}`,
    content: html`<h1>A unit of ${cell.duty}</h1><div data-part>${cellMarkup(key, cell, view)}</div>`,
    isLive: false,
  });
}

async function handover(call: Call, reader: Reader, key: KeyView, isPost: boolean): Promise<Reply> {
  const { site, request, response, url } = call;
  const isOperator = reader.caller?.role === 'operator';
  const formToken = isOperator ? site.forms.of(reader.credential) : null;
  const shown = { key, formToken, drill: null, result: null };
  const title = 'Hand over';
  if (!isPost) {
    const to = url.searchParams.get('to') ?? '';
    return page(reader, { title, content: handoverPage({ ...shown, to }), isLive: false });
  }
  if (!isOperator || reader.caller === null)
    return message(403, 'This action needs the role operator', 'Sign in with a token of the role operator.');
  const form = await readForm(request);
  if (form === null || !site.forms.isOf(reader.credential, form.get('form') ?? ''))
    return message(403, 'The form is too old', 'Go back, load the page again, and send its form.');
  const { status, ...outcome } = await runHandover(site.host.permit, key, form, reader.caller.name, response);
  const content = handoverPage({ ...shown, ...outcome, to: form.get('to') ?? '' });
  return { ...page(reader, { title, content, isLive: false }), status };
}

async function signIn({ site, request }: Call): Promise<Reply> {
  const secret = (await readForm(request))?.get('token')?.trim() ?? '';
  if (secret === '' || site.host.identifySecret(secret) === null)
    return loginReply(401, 'This token is unknown to this service. Is it a token of this ledger?');
  const secure = site.host.isTls ? '; Secure' : '';
  const id = site.sessions.begin(secret);
  const cookie = `${COOKIE}=${id}; Path=/; Max-Age=${SESSION_MS / 1_000}; HttpOnly; SameSite=Strict${secure}`;
  return redirect('/', { 'set-cookie': cookie });
}

function followed({ site, request, response }: Call, reader: Reader): Reply | null {
  const mayStay = async () => (await admit(request, site)).ok;
  if (site.live.add(response, readerName(reader) ?? '', mayStay)) return null;
  return message(429, 'Too many pages are open', 'Close one, and load this page again.');
}

function readerName({ caller }: Reader): string | null {
  if (caller === null) return null;
  return caller.role === caller.name ? caller.role : `${caller.role} ${caller.name}`;
}

function page(reader: Reader, content: Omit<ShellPage, 'reader'>): Reply {
  return { status: 200, body: shell({ ...content, reader: readerName(reader) }) };
}

function loginReply(status: 200 | 401, why: string | null): Reply {
  const headers = status === 401 ? { 'www-authenticate': 'Bearer realm="watchbill"' } : {};
  return { status, headers, body: plain('Sign in', loginPage(why)) };
}

function message(status: number, title: string, text: string): Reply {
  return {
    status,
    body: plain(
      title,
      html`<h1>${title}</h1><p>${coded(text)}</p><p><a href="/">Back to the console</a></p>`,
    ),
  };
}

function plain(title: string, content: Markup): string {
  return shell({ title, content, reader: null, isLive: false, isPlain: true });
}

function noSuchPage(): Reply {
  return message(404, 'No such page', 'A strip shows the last units only; this one may have left it.');
}

function broken({ host }: Site, error: unknown): Reply {
  host.log.error({ event: 'console-failed', why: causeText(error) }, 'the console could not make a page');
  return message(
    503,
    'The service did not answer',
    'Look at the log of the service for `console-failed`, and load the page again.',
  );
}

/** One reading at a time, kept for a moment. A failed one is not kept. */
function shared(clock: Clock, read: () => Promise<ConsoleView>): () => Promise<ConsoleView> {
  let last: Promise<ConsoleView> | null = null;
  let readAtMs = 0;
  return () => {
    const now = clock.monotonicMs();
    if (last === null || now - readAtMs > FRESH_MS) {
      readAtMs = now;
      const reading = read();
      last = reading;
      reading.catch(() => {
        if (last === reading) last = null;
      });
    }
    return last;
  };
}
