/** What one thing has in a field, for lists: `problems.map(field('code'))`. */
export const field =
  <Name extends string>(name: Name) =>
  <One extends { readonly [Key in Name]?: unknown }>(one: One): One[Name] =>
    one[name];

/** The same of several fields, as a list for each thing. */
export const fields =
  <Name extends string>(...names: readonly Name[]) =>
  <One extends { readonly [Key in Name]?: unknown }>(one: One): readonly One[Name][] =>
    names.map((name) => one[name]);
