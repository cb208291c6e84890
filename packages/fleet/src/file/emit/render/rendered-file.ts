/** A file for another tool. Paths are relative, with forward slashes. */
export interface RenderedFile {
  readonly path: string;
  readonly text: string;
}
