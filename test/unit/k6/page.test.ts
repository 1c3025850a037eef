import { describe, expect, test } from "vitest"

type Files = { url: string; kind: string }[]
interface Script {
  filesOfPage: (html: string, address: string) => { files: Files; elsewhere: string[] }
  filesOfStyle: (css: string, address: string) => Files
}
const SCRIPT: string = "../../../.dagger/k6/page.js"
const { filesOfPage, filesOfStyle } = (await import(SCRIPT)) as Script

const ORIGIN = "http://frontend:3000"
const inPage = (html: string, path = "/shop/page?x=1") =>
  filesOfPage(html, ORIGIN + path).files.map(({ url, kind }) => `${kind} ${url.replace(ORIGIN, "")}`)
const inStyle = (css: string) =>
  filesOfStyle(css, `${ORIGIN}/_next/static/css/a.css`).map(({ url, kind }) => `${kind} ${url.replace(ORIGIN, "")}`)

describe("a page's files", () => {
  test.each([
    ["a script", '<script src="/_next/static/a.js" async=""></script>', ["script /_next/static/a.js"]],
    ["one without quotes", "<SCRIPT SRC=/a.js></SCRIPT>", ["script /a.js"]],
    ["a style", '<link rel="stylesheet" href="/a.css" data-precedence="next"/>', ["style /a.css"]],
    ["a preload", '<link rel="preload" href="/f.woff2" as="font" crossorigin="">', ["other /f.woff2"]],
    ["a preloaded script", '<link rel="preload" as="script" href="/a.js">', ["script /a.js"]],
    [
      "an icon, with its query",
      '<link rel="shortcut icon" href="/icon.svg?icon.1.svg">',
      ["other /icon.svg?icon.1.svg"],
    ],
    [
      "an image, with its entities",
      '<img src="/_next/image?url=%2Fa.png&amp;w=64">',
      ["other /_next/image?url=%2Fa.png&w=64"],
    ],
    ["a video's poster, not the video", '<video src="/v.mp4" poster="/v.png"></video>', ["other /v.png"]],
    ["an attribute with a sign in it", '<img alt="a > b" src="/a.png">', ["other /a.png"]],
    [
      "relative to the page",
      '<img src="a.png"><img src="../b.png"><img src="./c.png">',
      ["other /shop/a.png", "other /b.png", "other /shop/c.png"],
    ],
    ["relative to a base", '<base href="/assets/"><script src="a.js"></script>', ["script /assets/a.js"]],
    [
      "of its own origin, written in full",
      `<script src="${ORIGIN}/a.js"></script><script src="//frontend:3000/b.js"></script>`,
      ["script /a.js", "script /b.js"],
    ],
    ["what a style in it names", "<style>body { background: url('/bg.png') }</style>", ["other /bg.png"]],
    [
      "what Next.js names in a script",
      '<script>self.__next_f.push([1,"[\\"/_next/static/chunks/0c~a.js\\"]"])</script>',
      ["other /_next/static/chunks/0c~a.js"],
    ],
    [
      "what it names there below a basePath",
      '<script>self.__next_f.push([1,"[\\"/shop/_next/static/chunks/a.js\\"],:HL[\\"/shop/_next/static/b.css\\"]"])</script>',
      ["other /shop/_next/static/chunks/a.js", "other /shop/_next/static/b.css"],
    ],
    [
      "what it names there with the page's own origin before it, or none",
      `<script>a(\`${ORIGIN}/shop/_next/static/a.js\`,p+'/_next/static/b.js',\`\${p}/_next/static/c.js\`)</script>`,
      ["other /shop/_next/static/a.js", "other /_next/static/b.js", "other /_next/static/c.js"],
    ],
    [
      "below a basePath",
      '<link rel="modulepreload" href="/shop/_next/static/a.js"><link rel="icon" href="/shop/icon.svg"><img src="_next/a.png">',
      ["script /shop/_next/static/a.js", "other /shop/icon.svg", "other /shop/_next/a.png"],
    ],
    ["of several sizes, the one for all", '<img srcset="/a.png 1x, /b.png 2x" src="/a.png">', ["other /a.png"]],
    ["each once", '<script src="/a.js"></script><link rel="preload" as="script" href="/a.js">', ["script /a.js"]],
  ])("%s", (_, html, expected) => expect(inPage(html)).toEqual(expected))

  test.each([
    ["of other origins", '<script src="https://cdn.example.com/a.js"></script><img src="//cdn.example.com/a.png">'],
    [
      "that Next.js names in a script at an assetPrefix",
      '<script>self.__next_f.push([1,"[\\"https://cdn.example.com/s/_next/static/a.js\\",\\"//cdn.example.com/_next/static/b.js\\"]"])</script>',
    ],
    ["in the page itself", '<img src="data:image/png;base64,AA"><a href="#top"></a><img src="">'],
    ["that it links to", '<a href="/other"></a><link rel="canonical" href="/x"><link rel="dns-prefetch" href="//x">'],
    ["for old browsers", '<script src="/polyfills.js" nomodule=""></script>'],
    [
      "in comments, scripts and noscript",
      '<!-- <img src="/a.png"> --><script>const a = "<img src=/b.png>"</script><noscript><img src="/c.png"></noscript>',
    ],
  ])("none %s", (_, html) => expect(inPage(html)).toEqual([]))
})

test.each([
  [
    "an assetPrefix",
    '<script src="https://CDN.example.com/s/_next/static/a.js"></script>',
    ["https://cdn.example.com"],
  ],
  [
    "an assetPrefix in a script alone, each once",
    `<script>["//cdn.example.com/_next/static/a.js","http://cdn.example.com/_next/static/b.js","/_next/static/c.js"]</script>`,
    ["http://cdn.example.com"],
  ],
  [
    "a base",
    '<base href="https://cdn.example.com/"><script src="_next/static/a.js"></script>',
    ["https://cdn.example.com"],
  ],
  [
    "none, for scripts of others",
    '<script src="https://tags.example.com/a.js"></script><img src="data:,/_next/static/a.js">',
    [],
  ],
])("the other origins that have a page's build: %s", (_, html, expected) =>
  expect(filesOfPage(html, `${ORIGIN}/`).elsewhere).toEqual(expected),
)

test("a style's files below a basePath are relative to the style", () => {
  const font = "@font-face { src: url(../media/f.woff2) }"
  expect(filesOfStyle(font, `${ORIGIN}/shop/_next/static/chunks/a.css`)).toEqual([
    { url: `${ORIGIN}/shop/_next/static/media/f.woff2`, kind: "other" },
  ])
})

test("a style's files: fonts, images, other styles; none in comments or in itself", () => {
  const css = `@import "./b.css"; @import url(/c.css) screen; /* url(/no.png) */
    @font-face { src: url(../media/f.woff2) format("woff2"), url("/f.woff") } a { background: url( 'x.png?1#y' ); mask: url(#m) }
    b { background: url(data:image/svg+xml,%3Csvg%3E) } c { background: url(https://cdn.example.com/x.png) }`
  expect(inStyle(css)).toEqual([
    "style /_next/static/css/b.css",
    "style /c.css",
    "other /_next/static/media/f.woff2",
    "other /f.woff",
    "other /_next/static/css/x.png?1",
  ])
})
