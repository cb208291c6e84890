import { html, type Markup } from '@watchbill/kit/html';
import { longAge } from '../view/sentence.ts';

/** The age of a moment, with the exact time in its tooltip. Unix milliseconds. */
export function ago(atMs: number, nowMs: number): Markup {
  const moment = new Date(atMs).toISOString();
  return html`<time datetime="${moment}" title="${moment}">${longAge(nowMs - atMs)} ago</time>`;
}

/** A name from outside, isolated so that it cannot change the direction of the text around it. */
export function named(name: string): Markup {
  return html`<bdi>${name}</bdi>`;
}
