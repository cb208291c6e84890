/** One line of a panel, or one table. */
export interface Query {
  readonly expr: string;
  /** The legend of its series: `{{node}}` is a label. */
  readonly legend: string;
}

/** One panel. Units are those of Grafana (`s`, `bytes`, `percentunit`, `short`, `dateTimeFromNow`). */
export interface Panel {
  readonly title: string;
  /** The content of the panel, and its bad values. */
  readonly about: string;
  readonly kind: 'lines' | 'number' | 'table';
  readonly unit: string;
  readonly queries: readonly Query[];
  /** The threshold for red; null: there is none. Below: red if it is lower. */
  readonly bad?: { readonly at: number; readonly when: 'above' | 'below' };
  /** Of 24 columns. */
  readonly width: 6 | 8 | 12 | 24;
}

export interface Dashboard {
  /** Part of addresses, so it never changes. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  /** Selected at the top, each within the one before it. */
  readonly choices: readonly Choice[];
  readonly panels: readonly Panel[];
}

export type ChoiceName = 'network' | 'place' | 'node' | 'group' | 'member' | 'key';

export interface Choice {
  readonly name: ChoiceName;
  /** The series whose label gives the values. */
  readonly series: string;
  readonly label: string;
}

/** The value of `$__rate_interval` in Grafana: at least four scrapes. */
export const RATE = '$__rate_interval';

/** The network that is chosen, and its places. */
export const CHOSEN = 'network=~"$network",place=~"$place"';

export function lines(
  title: string,
  about: string,
  unit: string,
  queries: readonly Query[],
  more: Partial<Panel> = {},
): Panel {
  return { title, about, kind: 'lines', unit, queries, width: 12, ...more };
}

export function number(
  title: string,
  about: string,
  unit: string,
  expr: string,
  more: Partial<Panel> = {},
): Panel {
  return { title, about, kind: 'number', unit, queries: [{ expr, legend: '' }], width: 6, ...more };
}

export function table(
  title: string,
  about: string,
  unit: string,
  expr: string,
  more: Partial<Panel> = {},
): Panel {
  return { title, about, kind: 'table', unit, queries: [{ expr, legend: '' }], width: 24, ...more };
}
