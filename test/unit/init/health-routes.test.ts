import { expect, test } from "vitest"

import { fastApiHealth } from "../../../.dagger/src/init/health-routes.js"

const ROUTER = 'router = APIRouter()\n\n@router.get("/health")\ndef health(): ...\n'
const V1 = "from fastapi import FastAPI\nfrom app import health\n\napp = FastAPI()\n"
const routes = (files: Record<string, string>) => fastApiHealth(Object.entries(files))

test.each<[string, string, Record<string, string>]>([
  ["the application's own", "/health", { "main.py": 'app = FastAPI()\n@app.get("/health")\n' }],
  [
    "the application's own before a router's",
    "/healthz",
    {
      "a.py": 'app.include_router(router, prefix="/v1")\n' + ROUTER,
      "main.py": 'app = FastAPI()\n@app.get("/healthz")\n',
    },
  ],
  ["a router's that is included nowhere", "/v1/health", { "a.py": ROUTER.replace("()", '(prefix="/v1")') }],
  [
    "a router's of the same module",
    "/v1/health",
    { "main.py": `${ROUTER}\napp.include_router(router, prefix="/v1")\n` },
  ],
  [
    "a router's that is included without a prefix",
    "/health",
    { "main.py": `${ROUTER}\napp.include_router(router, tags=["a"], dependencies=[Depends(check(a()))])\n` },
  ],
  [
    "a router's in an imported module",
    "/api/v1/health",
    {
      "api/app/main.py": `${V1}app.include_router(health.router, prefix="/api/v1", tags=["health"])\n`,
      "api/app/health.py": ROUTER,
    },
  ],
  [
    "one in a module of another name",
    "/v1/health",
    {
      "main.py":
        'from .routes import (\n  items,\n  health as h,  # first\n)\napp.include_router(h.router, prefix="/v1")\n',
      "routes/health.py": ROUTER,
    },
  ],
  [
    "a router's of another name",
    "/v1/health",
    {
      "main.py":
        'from app.routes.health import router as checks\napp.include_router(\n    checks,\n    prefix="/v1",\n)\n',
      "app/routes/health.py": ROUTER,
      "app/routes/items.py": "router = APIRouter(prefix='/items')\n",
    },
  ],
  [
    "one in a module that is imported whole",
    "/v1/health",
    {
      "main.py": 'import app.health\nimport app.items as i\napp.include_router(app.health.router, prefix="/v1")\n',
      "app/health.py": ROUTER,
    },
  ],
  [
    "one that a package passes on",
    "/v1/health",
    {
      "app/main.py": 'from app.routes import router\n\napp.include_router(router, prefix="/v1")\n',
      "app/routes/__init__.py": "from .health import router\n",
      "app/routes/health.py": ROUTER,
    },
  ],
  [
    "one in a module of a package",
    "/v1/health",
    {
      "app/main.py": 'from app import routes\n\napp.include_router(routes.health.router, prefix="/v1")\n',
      "app/__init__.py": "",
      "app/routes/__init__.py": "",
      "app/routes/health.py": ROUTER,
    },
  ],
  [
    "one that is imported where its routes are",
    "/v1/health",
    {
      "app/main.py": 'from app.base import router\n\napp.include_router(router, prefix="/v1")\n',
      "app/base.py": "router = APIRouter()\n",
      "app/health.py": 'from ..app.base import router\n\n@router.get("/health")\n',
    },
  ],
  [
    "one below others, with a setting",
    "/api/v1/utils/health-check/",
    {
      "app/core/config.py": 'class Settings(BaseSettings):\n    API_V1_STR: str = "/api/v1"  # all of them\n',
      "app/main.py":
        "from app.api.main import api_router\n\napp = FastAPI()\napp.include_router(api_router, prefix=settings.API_V1_STR)\n",
      "app/api/main.py":
        "from app.api.routes import items, utils\n\napi_router = APIRouter()\napi_router.include_router(items.router)\napi_router.include_router(utils.router)\n",
      "app/api/routes/items.py": 'router = APIRouter(prefix="/items")\n',
      "app/api/routes/utils.py":
        'router: APIRouter = fastapi.APIRouter(tags=["utils"], prefix="/utils")\n\n@router.get("/health-check/")\n',
    },
  ],
  [
    "one with a setting in a text",
    "/api/v2/health",
    {
      "config.py": 'prefix: str = Field(default="/api", description="all")\n',
      "main.py": `${ROUTER}\napp.include_router(router, prefix=f"{get_settings().prefix}/v2")\n`,
    },
  ],
  [
    "one with the setting of a function",
    "/api/health",
    {
      "config.py": 'PREFIX = "/api"\n',
      "main.py": `${ROUTER}\napp.include_router(router, prefix=get_settings().PREFIX)\n`,
    },
  ],
  [
    "a router's beside another with a prefix that is not known",
    "/health",
    {
      "main.py": `${ROUTER}\napp.include_router(router)\napp.include_router(users.get_router(backend), prefix="/auth")\n`,
    },
  ],
  [
    "none in a comment",
    "/v1/health",
    {
      "main.py": `# @app.get("/health")\n${ROUTER}\n# app.include_router(router)\napp.include_router(router, prefix="/v1")\n`,
    },
  ],
  [
    "a router's in a loop without a prefix",
    "/health",
    { "main.py": `${ROUTER}\nfor r in all: app.include_router(r)\n` },
  ],
  [
    "a router's of two that include each other",
    "/health",
    { "main.py": `${ROUTER}\nb = APIRouter()\nb.include_router(router)\nrouter.include_router(b)\n` },
  ],
  [
    "one that is known before one that is not",
    "/ping",
    {
      "a.py": `${ROUTER}\napp.include_router(router, prefix=prefix)\n`,
      "b.py": 'other = FastAPI()\n@other.get("/ping")\n',
    },
  ],
])("the health route is %s: %s", (_, health, files) => {
  expect(routes(files)).toEqual({ health })
})

test.each<[string, string[], Record<string, string>]>([
  [
    "included twice",
    ["/v1/health", "/v2/health"],
    { "main.py": `${ROUTER}\napp.include_router(router, prefix="/v1")\napp.include_router(router, prefix="/v2")\n` },
  ],
  [
    "included by a name that is not known",
    ["…/health"],
    { "main.py": `${ROUTER}\nfor each in routers: app.include_router(each, prefix="/v1")\n` },
  ],
  [
    "of a module that is not known",
    ["…/a/health"],
    {
      "a.py": ROUTER.replace("()", '(prefix="/a")'),
      "main.py": 'from other import router\napp.include_router(router, prefix="/v1")\n',
    },
  ],
  ["with a setting that is nowhere", ["…/health"], { "main.py": `${ROUTER}\napp.include_router(router, prefix=P)\n` }],
  [
    "with a setting of two values",
    ["…/health"],
    { "main.py": `${ROUTER}\nP = "/a"\nP = "/b"\napp.include_router(router, prefix=P)\n` },
  ],
  [
    "with a name that is an argument elsewhere",
    ["…/health"],
    { "main.py": `${ROUTER}\ncall(\n  prefix="/a",\n)\napp.include_router(router, prefix=prefix)\n` },
  ],
  [
    "with what is worked out",
    ["…/health"],
    { "main.py": `${ROUTER}\napp.include_router(router, prefix="/a" if a else "/b")\n` },
  ],
])("no health route is taken of a router %s: %j", (_, healthPaths, files) => {
  expect(routes(files)).toEqual({ healthPaths })
})

test.each<[string, Record<string, string>]>([
  ["none", { "main.py": 'app = FastAPI()\n@app.get("/items")\n' }],
  ["of another word", { "main.py": 'app = FastAPI()\n@app.get("/healthy")\n' }],
])("no health route is found: %s", (_, files) => {
  expect(routes(files)).toEqual({})
})
