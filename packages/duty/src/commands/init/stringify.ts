// Names of a CommonJS package for `import()`: a bundle gives them to a static import only.
export { stringify } from 'yaml';
