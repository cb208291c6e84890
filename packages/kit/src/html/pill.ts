import { html, type Markup } from './html.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'busy';

/** A state as a word; colour is never the only sign. */
export function pill(text: string, tone: Tone): Markup {
  return html`<span class="pill ${tone}">${text}</span>`;
}
