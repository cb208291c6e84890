import { html, type Markup } from '@watchbill/kit/html';
import { longAge } from '../view/sentence.ts';

/** The age of a moment, with the exact time in its tooltip. Unix milliseconds. */
export function ago(atMs: number, nowMs: number): Markup {
  const moment = new Date(atMs).toISOString();
  return html`<time datetime="${moment}" title="${moment}">${longAge(nowMs - atMs)} ago</time>`;
}

/** The time of day, for example `04:10:05 UTC`. */
export function clockOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)} UTC`;
}

/** A name from outside, isolated so that it cannot change the direction of the text around it. */
export function named(name: string): Markup {
  return html`<bdi>${name}</bdi>`;
}
