import { coded, html, type Markup, pill } from '@watchbill/kit/html';
import type { Drill } from '../../service/index.ts';
import type { KeyView } from '../view/view.ts';
import { named } from './moment.ts';

const TONES = { ok: 'good', fail: 'bad', unknown: 'warn' } as const;

/** The page of an action on a key. */
export interface ActionPage {
  readonly key: KeyView;
  /** The node of a handover. */
  readonly to: string;
  /** The reason of a freeze that the person typed before. */
  readonly reason: string;
  /** Null for a reader who may not change anything. */
  readonly formToken: string | null;
  /** The checklist of a handover, once it was asked for. */
  readonly drill: Drill | null;
  /** The success or the error of the action. */
  readonly result: { readonly isDone: boolean; readonly text: string } | null;
}

/** The page of a handover: the checklist, and the forms for a drill and for the handover itself. */
export function handoverPage({ key, to, formToken, drill, result }: ActionPage): Markup {
  const mayMove = drill?.state === 'ok' && result?.isDone !== true;
  return html`<h1>Hand over key <code>${key.label}</code> to ${named(to)}</h1>
<p>${coded(key.state.sentence)}.</p>
${result !== null && html`<p class="${result.isDone ? 'card' : 'troubles'}">${coded(result.text)}</p>`}
${drill === null ? html`<p>A drill checks everything that a handover needs. It shows what the standby would have been granted, and it changes nothing.</p>` : checklist(drill)}
${formToken === null ? html`<p><a href="/console/login">Sign in</a> with an operator token to run the drill.</p>` : forms(key, to, formToken, mayMove)}
<p><a href="/">Back to the console</a></p>`;
}

/** The page that freezes a key, or lifts its freeze. */
export function freezePage({ key, formToken, reason, result }: ActionPage): Markup {
  const isFrozen = key.state.word === 'frozen';
  const [title, what, button] = isFrozen
    ? ['Lift the freeze of', 'The services grant units of the key again.', 'Lift the freeze']
    : ['Freeze', 'No service grants the key a new unit until a person lifts the freeze.', 'Freeze the key'];
  const form =
    formToken !== null &&
    result?.isDone !== true &&
    html`<form class="narrow card" method="post" action="/console/${key.id}/freeze"><input type="hidden" name="form" value="${formToken}"><input type="hidden" name="freeze" value="${key.freeze?.atMs ?? ''}">
<label for="reason">Why</label><input id="reason" name="reason" value="${reason}" required maxlength="500" autocomplete="off">
<label for="digits">The last six digits of the key</label><input id="digits" name="digits" required autocomplete="off" pattern="[0-9a-fA-F]{6}" maxlength="6">
<button type="submit" name="do" value="${isFrozen ? 'lift' : 'freeze'}">${button}</button></form>`;
  return html`<h1>${result?.isDone === true ? 'Freeze of' : title} key <code>${key.label}</code></h1>
<p>${coded(key.state.sentence)}.</p>
${result !== null && html`<p class="${result.isDone ? 'card' : 'troubles'}">${coded(result.text)}</p>`}
${result?.isDone !== true && html`<p>${what}</p>`}
${formToken === null && html`<p><a href="/console/login">Sign in</a> with an operator token to change it.</p>`}${form}
<p><a href="/console/${key.id}">Back to the key</a></p>`;
}

function checklist({ checks, state, shadow, tookMs }: Drill): Markup {
  const rows = checks.map(
    ({ name, state: found, needed, detail, remedy, tookMs: ms }) =>
      html`<tr><td class="title">${pill(found, TONES[found])} ${name}${needed && html` <span class="quiet">needed</span>`}</td><td data-label="found">${coded(detail)}${found !== 'ok' && remedy !== null && html`<br>${coded(remedy)}`}</td><td data-label="took">${ms.toFixed(1)} ms</td></tr>`,
  );
  return html`<section class="card" aria-labelledby="checklist"><h2 id="checklist">Checklist ${pill(state, TONES[state])}</h2>
<table class="rows"><thead><tr><th>check</th><th>found</th><th>took</th></tr></thead><tbody>${rows}</tbody></table>
<p>${shadow.granted} of ${shadow.due} shadow claims would have been granted. Checked in ${Math.round(tookMs)} ms.</p></section>`;
}

function forms(key: KeyView, to: string, formToken: string, mayMove: boolean): Markup {
  const action = `/console/${key.id}/handover`;
  const hidden = html`<input type="hidden" name="form" value="${formToken}"><input type="hidden" name="to" value="${to}">`;
  return html`<form method="post" action="${action}">${hidden}<p><button type="submit" name="do" value="drill">Run the drill</button></p></form>
${
  mayMove &&
  html`<form class="narrow card" method="post" action="${action}">${hidden}
<label for="digits">The last six digits of the key, to hand over for real</label>
<input id="digits" name="digits" required autocomplete="off" pattern="[0-9a-fA-F]{6}" maxlength="6">
<button type="submit" name="do" value="handover">Hand over to ${named(to)}</button></form>`
}`;
}
