import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, causeText, type Random } from '@watchbill/kit';
import { coded, html, LIVE_SCRIPT, type Markup } from '@watchbill/kit/html';
import {
  type EventClients,
  type MakePages,
  type PagesHost,
  type ServedPages,
  shared,
} from '../../service/index.ts';
import { readPages } from '../others/look.ts';
import type { OtherPage } from '../others/other-page.ts';
import { freezePage, handoverPage } from '../pages/actions.ts';
import { keyPage } from '../pages/key.ts';
import { loginPage } from '../pages/login.ts';
import { overview } from '../pages/overview.ts';
import { type ShellPage, shell } from '../pages/shell.ts';
import { cellMarkup, cellPath } from '../pages/strip.ts';
import { iconOf, STYLE } from '../pages/style.ts';
import { factsReader } from '../view/facts.ts';
import { type KeyHistory, readHistory } from '../view/history.ts';
import type { AlertWords } from '../view/needs.ts';
import { type ConsoleView, type KeyView, viewOf } from '../view/view.ts';
import { type Admitted, admit, COOKIE, type ConsoleAccess, isSameOrigin } from './access.ts';
import { runFreeze, runHandover } from './actions.ts';
import { formAddress, pageAfter, readForm, typedIn } from './form.ts';
import { liveStream } from './live.ts';
import { type Reply, redirect, send } from './reply.ts';
import { createFormTokens, createSessions, type FormTokens, SESSION_MS, type Sessions } from './sessions.ts';

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
  readonly live: EventClients;
  readonly others: () => Promise<readonly OtherPage[]>;
  /** The history of a key, shared by all readers until the service counts units again. */
  readonly history: (key: KeyView, nowMs: number) => KeyHistory;
  /** The view of all keys, shared by all readers for a moment. After a change it is read again. */
  readonly view: (isChanged?: boolean) => Promise<ConsoleView>;
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
const HISTORY_FOR_MS = 15_000;

/** The console as pages of a service: decision 0035. */
export function consolePages(options: ConsoleOptions): MakePages {
  return (host): ServedPages => {
    const { clock, random, pages = {}, words } = options;
    const live = liveStream(host);
    const read = factsReader(host.permit, clock);
    const site: Site = {
      ...{ ...options, host, live, forms: createFormTokens(random), sessions: createSessions(clock, random) },
      others: readPages(pages, clock),
      history: keptHistory(host, clock),
      view: shared(async () => viewOf(await read(), words), FRESH_MS, clock.monotonicMs),
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
  if (url.pathname === '/console/login') return isPost ? signIn(call) : loginReply(200, null, '/');
  const reader = await admit(request, site);
  if (!reader.ok && reader.status === 403) return message(403, 'Not on this address', reader.why ?? '');
  if (!reader.ok) {
    const why = isPost
      ? 'No key was changed: your session has ended. Sign in, and send the form again.'
      : null;
    return loginReply(
      401,
      reader.why ?? why,
      formAddress(url, isPost ? await readForm(request) : url.searchParams),
    );
  }
  if (reader.caller !== null && !site.host.belongs(request, reader.caller)) return null;
  if (url.pathname === '/console/live') return isPost ? noSuchPage() : followed(call, reader);
  if (url.pathname === '/' && !isPost) {
    const [view, others] = await Promise.all([site.view(), site.others()]);
    const { text } = view.summary;
    const dayOf = (key: KeyView) => site.history(key, view.nowMs).day;
    const content = overview(view, others, mayChange(reader), dayOf);
    return page(reader, { title: text, icon: iconPath({ state: view.summary }), content, isLive: true });
  }
  return pageOfKey(call, reader, isPost);
}

/** `/u/KEY/DUTY/UNIT`, `/console/KEY`, `/console/KEY/handover` and `/console/KEY/freeze`. */
async function pageOfKey(call: Call, reader: Reader, isPost: boolean): Promise<Reply> {
  const { site, url } = call;
  const view = await site.view();
  const [, first, second, third] = url.pathname.split('/');
  const key = view.keys.find(({ id }) => id === second);
  if (key === undefined) return noSuchPage();
  if (first === 'console' && (third === 'handover' || third === 'freeze'))
    return action(call, reader, key, ACTIONS[third]);
  if (first === 'console' && third === undefined && !isPost) {
    const content = keyPage(key, site.history(key, view.nowMs), view, mayChange(reader));
    return page(reader, {
      title: `${key.state.word}: key ${key.label}`,
      icon: iconPath(key),
      content,
      isLive: true,
    });
  }
  const cells = key.strips.flatMap((strip) => strip.cells);
  const cell = cells.find((one) => cellPath(key, one) === url.pathname);
  if (first !== 'u' || isPost || cell === undefined) return noSuchPage();
  return page(reader, {
    title: `${cell.duty} ${cell.unit}`,
    content: html`<h1>A unit of ${cell.duty}</h1><div data-part>${cellMarkup(key, cell, view)}</div>`,
    isLive: false,
  });
}

function iconPath({ state }: { readonly state: Pick<KeyView['state'], 'tone'> }): string {
  return `/console/${state.tone}.svg`;
}

/** An open page shows what an operator may do. */
function mayChange({ caller }: Reader): boolean {
  return caller === null || caller.role === 'operator';
}

/** The form of an operator that this process made, or the refusal. */
async function formOf({ site, request, url }: Call, { caller, credential }: Reader) {
  if (caller?.role !== 'operator')
    return message(403, 'This action needs the role operator', 'Sign in with a token of the role operator.');
  const form = await readForm(request);
  if (form === null || !site.forms.isOf(credential, form.get('form') ?? ''))
    return message(403, 'The form is too old', 'No key was changed.', formAddress(url, form));
  return { form, by: caller.name };
}

/** The actions on a key by their name in the path: each has a page, and runs with a form of an operator. */
const ACTIONS = {
  freeze: { title: 'Freeze', pageOf: freezePage, run: runFreeze },
  handover: { title: 'Hand over', pageOf: handoverPage, run: runHandover },
} as const;

async function action(
  call: Call,
  reader: Reader,
  key: KeyView,
  { title, pageOf, run }: (typeof ACTIONS)[keyof typeof ACTIONS],
): Promise<Reply> {
  const { site, request, response, url } = call;
  const formToken = reader.caller?.role === 'operator' ? site.forms.of(reader.credential) : null;
  const shown = { key, formToken, ...typedIn(url.searchParams), drill: null, result: null };
  const around = { title, icon: iconPath(key), isLive: false };
  if (request.method !== 'POST') return page(reader, { ...around, content: pageOf(shown) });
  const sent = await formOf(call, reader);
  if (!('form' in sent)) return sent;
  const { form, by } = sent;
  const { status, ...outcome } = await run(site.host.permit, key, form, by, response);
  const now = await changed(call, key);
  const content = pageOf({ ...shown, key: now, ...typedIn(form), ...outcome });
  return { ...page(reader, { ...around, icon: iconPath(now), content }), status };
}

/** The key as it is after an action. If it cannot be read, the page must not show the state before. */
async function changed({ site }: Call, key: KeyView): Promise<KeyView> {
  const { keys } = await site.view(true).catch(() => ({ keys: [] }));
  const sentence = 'Its state after this could not be read: load the page again';
  return keys.find(({ id }) => id === key.id) ?? { ...key, state: { ...key.state, sentence } };
}

async function signIn({ site, request }: Call): Promise<Reply> {
  const form = await readForm(request);
  const secret = form?.get('token')?.trim() ?? '';
  const next = pageAfter(form);
  if (secret === '' || site.host.identifySecret(secret) === null)
    return loginReply(401, 'This token is unknown to this service. Is it a token of this ledger?', next);
  const secure = site.host.isTls ? '; Secure' : '';
  const id = site.sessions.begin(secret);
  const cookie = `${COOKIE}=${id}; Path=/; Max-Age=${SESSION_MS / 1_000}; HttpOnly; SameSite=Strict${secure}`;
  return redirect(next, { 'set-cookie': cookie });
}

function followed({ site, request, response }: Call, reader: Reader): Reply | null {
  const mayStay = async () => (await admit(request, site)).ok;
  if (site.live.add({ name: readerName(reader) ?? '', response, mayStay })) return null;
  return message(429, 'Too many pages are open', 'Close one, and load this page again.');
}

function readerName({ caller }: Reader): string | null {
  if (caller === null) return null;
  return caller.role === caller.name ? caller.role : `${caller.role} ${caller.name}`;
}

function page(reader: Reader, content: Omit<ShellPage, 'reader'>): Reply {
  return { status: 200, body: shell({ ...content, reader: readerName(reader) }) };
}

function loginReply(status: 200 | 401, why: string | null, next: string): Reply {
  const headers = status === 401 ? { 'www-authenticate': 'Bearer realm="watchbill"' } : {};
  return { status, headers, body: plain('Sign in', loginPage(why, next)) };
}

/** @param again the address of the form that was refused, if a new one may be sent */
function message(status: number, title: string, text: string, again?: string): Reply {
  const back =
    again === undefined
      ? html`<a href="/">Back to the console</a>`
      : html`<a href="${again}">Open the form again</a>`;
  return { status, body: plain(title, html`<h1>${title}</h1><p>${coded(text)}</p><p>${back}</p>`) };
}

function plain(title: string, content: Markup): string {
  return shell({ title, content, reader: null, isLive: false, isPlain: true });
}

function noSuchPage(): Reply {
  return message(404, 'No such page', 'A strip shows the last units only; this one may have left it.');
}

async function broken({ host }: Site, error: unknown): Promise<Reply> {
  host.log.error({ event: 'console-failed', why: causeText(error) }, 'the console could not make a page');
  const health = await host.permit.health().catch(() => null);
  const why = health === null || health.ready ? '' : `The service says: ${health.detail}. `;
  const look = 'Look at the log of the service for `console-failed`, and load the page again.';
  return message(503, 'The service did not answer', `${why}${look}`);
}

/** Reading it takes some milliseconds of the event loop, and units are counted every 15 seconds. */
function keptHistory({ permit }: PagesHost, clock: Clock): Site['history'] {
  const kept = new Map<string, { readonly atMs: number; readonly history: KeyHistory }>();
  return (key, nowMs) => {
    const [name, atMs] = [`${key.chain} ${key.key}`, clock.monotonicMs()];
    const last = kept.get(name);
    if (last !== undefined && atMs - last.atMs < HISTORY_FOR_MS) return last.history;
    const history = readHistory(key, permit.unitTally, nowMs);
    kept.set(name, { atMs, history });
    return history;
  };
}
