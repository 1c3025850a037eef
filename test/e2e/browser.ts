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
