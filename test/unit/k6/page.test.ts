import { describe, expect, test } from "vitest"

type Find = (text: string, address: string) => { url: string; kind: string }[]
const SCRIPT: string = "../../../.dagger/k6/page.js"
const { filesOfPage, filesOfStyle } = (await import(SCRIPT)) as { filesOfPage: Find; filesOfStyle: Find }

const ORIGIN = "http://frontend:3000"
const inPage = (html: string, path = "/shop/page?x=1") =>
  filesOfPage(html, ORIGIN + path).map(({ url, kind }) => `${kind} ${url.replace(ORIGIN, "")}`)
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
    ["each once", '<script src="/a.js"></script><link rel="preload" as="script" href="/a.js">', ["script /a.js"]],
  ])("%s", (_, html, expected) => expect(inPage(html)).toEqual(expected))

  test.each([
    ["of other origins", '<script src="https://cdn.example.com/a.js"></script><img src="//cdn.example.com/a.png">'],
    ["in the page itself", '<img src="data:image/png;base64,AA"><a href="#top"></a><img src="">'],
    ["that it links to", '<a href="/other"></a><link rel="canonical" href="/x"><link rel="dns-prefetch" href="//x">'],
    ["for old browsers", '<script src="/polyfills.js" nomodule=""></script>'],
    [
      "in comments, scripts and noscript",
      '<!-- <img src="/a.png"> --><script>const a = "<img src=/b.png>"</script><noscript><img src="/c.png"></noscript>',
    ],
  ])("none %s", (_, html) => expect(inPage(html)).toEqual([]))
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
