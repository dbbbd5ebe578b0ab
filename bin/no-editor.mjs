/** Stands in the bundle where inquirer's editor prompt would call an editor. */
export function editAsync() {
  throw new Error('pbxkit opens no editor')
}
