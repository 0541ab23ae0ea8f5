// The sources of this repository as data, for the tests that hold its shape (architecture.test.ts,
// tidy.test.ts): each module's imports, the globals it names, its functions and their lengths, its opening
// comment. Read from the compiler's own syntax tree, so that text in strings and comments cannot deceive the
// rules. The rules are themselves tested on made-up sources, which are read in just the same way.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Identifier,
  isBindingElement,
  isCallExpression,
  isExportDeclaration,
  isFunctionLikeDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isMetaProperty,
  isNewExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isQualifiedName,
  isStringLiteral,
  isVariableDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';
import { present } from '../src/base/assert.ts';

export interface Import {
  /** `src/base/net.ts`, `npm:zod` or `node:fs`. */
  readonly target: string;
  readonly line: number;
  /** `export * from …`. */
  readonly wildcard: boolean;
}

export interface Name {
  readonly name: string;
  readonly line: number;
}

export interface FunctionExtent {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface Module {
  /** From the repository's root: `src/base/net.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
  /**
   * Every identifier that is not merely the name of a property, and `a.b` for each access of a property.
   * `new A(x)` stands as `new A`, unlike `new A()`: `new Date(x)` reckons with a date, `new Date()` reads a clock.
   */
  readonly names: readonly Name[];
  readonly functions: readonly FunctionExtent[];
}

/** The folders whose TypeScript is ours. */
const FOLDERS = ['src', 'test', 'examples', 'scripts', 'bench'];
const ROOT = path.resolve(import.meta.dirname, '..');

/** All modules of the repository, by path. */
export function readModules(): readonly Module[] {
  const sources: Record<string, string> = {};
  for (const file of FOLDERS.flatMap((folder) => filesUnder(folder))) {
    if (file.endsWith('.ts')) sources[file] = readFileSync(path.join(ROOT, file), 'utf8');
  }
  return parseModules(sources);
}

/** Every file under a folder of the repository, whatever its kind, as paths from the root. */
export function filesUnder(folder: string): readonly string[] {
  try {
    return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Modules of given sources: path → text. */
export function parseModules(sources: Readonly<Record<string, string>>): readonly Module[] {
  const root = '/tree';
  const config = {
    compilerOptions: { noLib: true, types: [], noResolve: true, allowImportingTsExtensions: true },
  };
  const files: Record<string, string> = { [`${root}/tsconfig.json`]: JSON.stringify(config) };
  for (const [file, text] of Object.entries(sources)) files[`${root}/${file}`] = text;

  const api = new API({ cwd: root, fs: createVirtualFileSystem(files) });
  try {
    const project = present(
      api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] }).getProjects()[0],
      'project of the given sources',
    );
    return Object.entries(sources).map(([file, text]) =>
      describeModule(file, text, present(project.program.getSourceFile(`${root}/${file}`), file)),
    );
  } finally {
    api.close();
  }
}

function describeModule(file: string, text: string, tree: SourceFile): Module {
  const imports: Import[] = [];
  const names: Name[] = [];
  const functions: FunctionExtent[] = [];
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;

  const visit = (node: Node, parent: Node): void => {
    const line = lineOf(node.getStart(tree));
    const specifier = importedBy(node);
    if (specifier !== undefined) {
      const wildcard = isExportDeclaration(node) && !hasNamedExports(node);
      imports.push({ target: resolve(file, specifier), line, wildcard });
    }
    if (isIdentifier(node) && !isMemberName(node, parent)) names.push({ name: useOf(node, parent), line });
    if (isPropertyAccessExpression(node) && isIdentifier(node.expression)) {
      names.push({ name: `${node.expression.text}.${node.name.text}`, line });
    }
    if (isFunctionLikeDeclaration(node) && !isSuite(parent)) {
      functions.push({ name: nameOf(node, parent), line, lines: lineOf(node.end) - line + 1 });
    }
    node.forEachChild((child) => visit(child, node));
  };
  tree.forEachChild((child) => visit(child, tree));
  return { path: file, text, lines: text.split('\n'), imports, names, functions };
}

function useOf(node: Identifier, parent: Node): string {
  const made = isNewExpression(parent) && parent.expression === node && (parent.arguments?.length ?? 0) > 0;
  return made ? `new ${node.text}` : node.text;
}

/** The specifier that a node imports: declarations, types, `import()`, and `new URL(…, import.meta.url)`. */
function importedBy(node: Node): string | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) {
    return node.moduleSpecifier && isStringLiteral(node.moduleSpecifier)
      ? node.moduleSpecifier.text
      : undefined;
  }
  if (isImportTypeNode(node)) {
    const type = node.argument;
    return isLiteralTypeNode(type) && isStringLiteral(type.literal) ? type.literal.text : undefined;
  }
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    const argument = node.arguments[0];
    return argument && isStringLiteral(argument) ? argument.text : undefined;
  }
  if (isNewExpression(node) && isIdentifier(node.expression) && node.expression.text === 'URL') {
    const [file, base] = node.arguments ?? [];
    const ofThisModule = base && isPropertyAccessExpression(base) && isMetaProperty(base.expression);
    return ofThisModule && file && isStringLiteral(file) && file.text.endsWith('.ts') ? file.text : undefined;
  }
  return undefined;
}

function hasNamedExports(node: Node): boolean {
  return isExportDeclaration(node) && node.exportClause?.kind === SyntaxKind.NamedExports;
}

function resolve(importer: string, specifier: string): string {
  if (specifier.startsWith('.')) return path.join(path.dirname(importer), specifier);
  if (specifier.startsWith('node:')) return specifier;
  const parts = specifier.split('/');
  return `npm:${parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')}`;
}

/** True for the `b` of `a.b`, `{ b: 1 }`, `b() {}` and the like: names that refer to nothing by themselves. */
function isMemberName(node: Node, parent: Node): boolean {
  if (isPropertyAccessExpression(parent)) return parent.name === node;
  if (isPropertyAssignment(parent)) return parent.name === node;
  if (isQualifiedName(parent)) return parent.right === node;
  if (isBindingElement(parent)) return parent.propertyName === node;
  return MEMBER_KINDS.has(parent.kind) && (parent as { name?: Node }).name === node;
}

const MEMBER_KINDS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.MethodDeclaration,
  SyntaxKind.MethodSignature,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.PropertySignature,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

/** A `describe` holds tests as a module holds functions: its length says nothing. */
function isSuite(parent: Node): boolean {
  return isCallExpression(parent) && isIdentifier(parent.expression) && parent.expression.text === 'describe';
}

function nameOf(node: Node, parent: Node): string {
  const own = (node as { name?: Node }).name;
  if (own && isIdentifier(own)) return own.text;
  if ((isVariableDeclaration(parent) || isPropertyAssignment(parent)) && isIdentifier(parent.name)) {
    return parent.name.text;
  }
  if (isCallExpression(parent)) {
    const title = parent.arguments[0];
    if (title && isStringLiteral(title)) return `'${title.text}'`;
  }
  return node.kind === SyntaxKind.Constructor ? 'constructor' : 'anonymous';
}
