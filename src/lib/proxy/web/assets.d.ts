/** A file as it is (see `loadAsset` in bin/bundle-options.mjs). */
declare module '*?text' {
  const text: string
  export default text
}

/** A TypeScript file, bundled for browsers. */
declare module '*?script' {
  const text: string
  export default text
}
