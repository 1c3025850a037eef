// What the SDK has to read of a module's sources to know what it exposes.
import ts from "typescript"

/** Marks a class or a function as the SDK's to expose. */
const EXPOSED = /@(object|func|field|enumType|check|argument|generate|up)\(/
/** What the type of something exposed may be made of. */
const TYPES = [
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.EnumDeclaration,
  ts.SyntaxKind.ClassDeclaration,
]

/** A source as far as it says what types there are; whole where something is exposed. To read all of it takes most of a call's time. */
export const declarationsOf = (source: string): string => {
  if (EXPOSED.test(source)) return source
  const file = ts.createSourceFile("module.ts", source, ts.ScriptTarget.Latest)
  return file.statements
    .filter(({ kind }) => TYPES.includes(kind))
    .map(statement => statement.getFullText(file))
    .join("")
}
