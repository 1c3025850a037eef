import { randomUUID } from "node:crypto"

import { type Browser, chromium, type Page } from "playwright-core"

import { chromium as chromiumPath } from "../lab/tools.ts"

/** As root, without a display, and without connections of its own to the world. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** A page that stays open as it was loaded, whatever is deployed meanwhile. */
export class OpenPage {
  /** What was asked for below `_next/static` since the page was open. */
  private readonly files: { path: string; status: number }[] = []

  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
  ) {
    page.on("response", response => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith("/_next/static/")) this.files.push({ path: pathname, status: response.status() })
    })
  }

  static async open(url: string): Promise<OpenPage> {
    const browser = await chromium.launch({ executablePath: await chromiumPath(), args: FLAGS })
    const page = await browser.newPage()
    await page.goto(url, { waitUntil: "networkidle" })
    return new OpenPage(browser, page)
  }

  /** Navigate by a link, and press a button there, for which that page's own script is needed: what is shown, and the files. */
  async navigate(link: string, button: string): Promise<{ shown: string; files: { path: string; status: number }[] }> {
    await this.page.getByRole("link", { name: link }).click()
    await this.page.getByRole("button", { name: button }).click()
    const shown = await this.page.getByRole("status").innerText()
    return { shown, files: this.files }
  }

  close(): Promise<void> {
    return this.browser.close()
  }
}

/** Somebody who uses the sample application in a browser. */
export class BrowserUser {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
  ) {}

  /** Open the application, and sign up as somebody new. */
  static async signUp(url: string): Promise<BrowserUser> {
    const browser = await chromium.launch({ executablePath: await chromiumPath(), args: FLAGS })
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(`${url}/sign-up`)
    await page.getByLabel("Name").fill("Ada")
    await page.getByLabel("Email").fill(`${randomUUID()}@example.com`)
    await page.getByLabel("Password").fill(randomUUID())
    await page.getByRole("button", { name: "Create account" }).click()
    await page.waitForURL(`${url}/`)
    return new BrowserUser(browser, page)
  }

  async addTask(title: string): Promise<void> {
    await this.page.getByLabel("New task").fill(title)
    await this.page.getByRole("button", { name: "Add" }).click()
    await this.page.getByRole("listitem").filter({ hasText: title }).waitFor()
  }

  /** What the page shows after it has been loaded anew: whose it is, its heading and the tasks. */
  async reload(): Promise<{ name: string; heading: string; tasks: string[] }> {
    await this.page.reload()
    await this.page.getByRole("listitem").first().waitFor()
    const text = (locator: ReturnType<Page["locator"]>) => locator.innerText()
    return {
      name: await text(this.page.locator(".user span")),
      heading: await text(this.page.getByRole("heading")),
      tasks: await this.page.getByRole("listitem").locator("label span").allInnerTexts(),
    }
  }

  close(): Promise<void> {
    return this.browser.close()
  }
}
