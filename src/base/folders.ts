// Folders made one by one, from the one that is there down. Node's own recursive mkdir spins for ever in a file system
// that makes none, such as /proc: what names a missing parent there is no missing parent.

/**
 * `make` makes one folder whose parent is there, or throws what the system said. What is there already is left as it is,
 * whatever it is. Throws the system's own error.
 */
export function makeFolders(folder: string, make: (folder: string) => void): void {
  if (attempt(folder, make) !== 'no parent') return;
  const parent = folder.replace(/\/+[^/]*\/*$/, '');
  if (parent !== '' && parent !== folder) makeFolders(parent, make);
  make(folder);
}

function attempt(folder: string, make: (folder: string) => void): 'there' | 'no parent' {
  try {
    make(folder);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') return 'no parent';
    if (code !== 'EEXIST') throw cause;
  }
  return 'there';
}
