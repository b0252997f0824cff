// Words of harmless requests. Chosen for variety of beginnings and endings, because that is what the automata's states are
// about; written for this purpose, by hand.

/** Everyday English, with a little of what it is mixed with. */
export const commonWords: readonly string[] = (
  'the be to of and a in that have it for not on with he as you do at this but his by from they we say her she or an will my ' +
  'one all would there their what so up out if about who get which go me when make can like time no just him know take people ' +
  'into year your good some could them see other than then now look only come its over think also back after use two how our ' +
  'work first well way even new want because any these give day most us is are was were been has had did does done very much ' +
  'many more less few little big small large great old young early late high low long short right left same different own ' +
  'able again against almost alone along already although always among another answer area around ask away baby beautiful ' +
  'become before begin behind being believe below beside best better between beyond black blue board body book both bottom ' +
  'box boy bread break bring brother brown build business busy buy call camera camp care carry catch cause center certain ' +
  'chair chance change check child choose city class clean clear close clothes cloud coat coffee cold color colour common ' +
  'company complete contact continue cook cool corner correct cost country couple course cover create cross cup current ' +
  'customer cut dark daughter dead deal dear decide deep delivery describe desk detail dinner direct doctor dog door double ' +
  'down draw dream dress drink drive drop dry during each east easy eat edge education eight either else email empty end ' +
  'enough enter event every exact example except excited expect experience explain express extra eye face fact fall family ' +
  'far farm fast father favourite feel feet field fight file final find fine finger finish fire fish five fix floor flower ' +
  'fly follow food foot force foreign forget form forward four free fresh friday friend front fruit full fun funny furniture ' +
  'future game garden general gentle gift girl glad glass goal gold gone grand grass green grey ground group grow guess guest ' +
  'guide hair half hall hand happen happy hard hat head health hear heart heat heavy hello help here history hit hold holiday ' +
  'home hope horse hospital hotel hour house however huge human hundred hungry hurry husband ice idea image important include ' +
  'increase indeed inside instead interest island issue item job join journey joy july jump june keep key kid kind kitchen ' +
  'knife knowledge lady lake lamp land language last later laugh law lay lead leaf learn least leave leg lesson let letter ' +
  'level library lie life light limit line lip list listen live local lock lose lost lot loud love luck lunch machine magic ' +
  'mail main man map march mark market married match matter may maybe meal mean measure meat medicine meet meeting member ' +
  'memory message metal middle might mile milk million mind minute mirror miss mistake mix model modern moment monday money ' +
  'month moon morning mother motor mountain mouse mouth move movie music must name narrow nation natural nature near neck ' +
  'need neighbor never next nice night nine none noon normal north nose note nothing notice number object ocean october off ' +
  'offer office often oil once onion open opinion opposite orange order ordinary outside oven page pain paint pair paper ' +
  'parent park part party pass past path patient pattern pay peace pen pencil pepper perfect perhaps period person phone ' +
  'photo pick picture piece pink place plain plan plane plant plate play please plenty pocket point police polite poor ' +
  'popular position possible post pound power practice prefer prepare present press pretty price print private prize probably ' +
  'problem process produce product program promise protect proud public pull purple push put quality quarter queen question ' +
  'quick quiet quite race radio rain raise rather reach read ready real really reason receive recent record red refund region ' +
  'regular relax remember remove rent repair repeat reply report request rest restaurant result return rice rich ride ring ' +
  'rise river road rock roof room root rope rose rough round row rule run sad safe sail salt sand save scale school science ' +
  'sea season seat second secret select sell send sense sentence separate september serious serve service set seven several ' +
  'shade shake shall shape share sharp sheet ship shirt shoe shop shore shoulder shout show shut sick side sign silence silver ' +
  'similar simple since sing single sister sit six size skill skin sky sleep slip slow smart smell smile smoke snow soap social ' +
  'soft soil sold son song soon sorry sort sound soup south space speak special speed spell spend spoon sport spot spread ' +
  'spring square stage stair stamp stand star start state station stay steam step stick still stone stop store storm story ' +
  'straight strange street string strong student study style subject success sudden sugar suggest suit summer sun sunday ' +
  'supply support suppose sure surface surprise sweet swim system table tail talk tall task taste tea teach team tell ten test ' +
  'thank thick thin thing third thought thousand three through throw thursday ticket tie till tiny tired title today together ' +
  'tomorrow tonight too tool top total touch toward town trade traffic train travel tree trip trouble true trust try tuesday ' +
  'turn twelve twice type under understand union unit until upon usual valley value vegetable view village visit voice wait ' +
  'walk wall war warm warranty wash watch water weak wear weather wednesday week weight welcome west wet wheel while white ' +
  'whole whose why wide wife wild win wind window wine winter wire wise wish within without woman wonder wood word world worry ' +
  'worth write wrong yard yellow yes yesterday yet zero zone und der die das nicht mit auch pour avec vous sont dans los las ' +
  'para como este'
).split(' ')

/** What programs call things in parameters, paths and documents. */
export const technicalWords: readonly string[] = (
  'id uuid user users username account accounts admin api app application article articles asset assets auth authorization ' +
  'avatar banner basket batch blog branch browser bucket build button cache cart catalog category channel chart checkout client ' +
  'code collection column comment commit component config connection container content context control cookie count coupon ' +
  'created currency cursor customer dashboard data database dataset date debug default delete demo deploy description desktop ' +
  'device dialog digest directory document domain download draft driver editor element endpoint engine entity entry env error ' +
  'events export extension external favorite feature feed fetch field filter flag folder font footer format fragment framework ' +
  'frontend function gallery gateway generator graph graphql grid handler hash header height helper hidden home hook host html ' +
  'http https icon identifier image import inbox index info input install instance integer interface internal inventory invoice ' +
  'ip items java javascript job json kernel keyword label lang lastname latitude layout length library limit link linux list ' +
  'loader locale location log login logo logout longitude manager manifest mapping master media menu meta method metric migration ' +
  'mobile mode module monitor namespace navigation network node notification null number oauth offset option orders origin output ' +
  'owner package pagination panel param params parser partner password patch payload payment pending performance permission ' +
  'pipeline platform player plugin pointer policy popup portal postcode preview priority privacy product products profile project ' +
  'property protocol provider proxy publish python quantity query queue quota random rating realtime redirect reference refresh ' +
  'register registry release remote render replica repository request resource response review revision role rollback root route ' +
  'router runtime sample schema scheduler scope screen script search section security segment selector sequence serial server ' +
  'session settings shipping sidebar signature signup site slug snapshot socket sort source sql stack static statistics status ' +
  'storage stream stripe style submit subscription suffix summary svg sync syntax tag tags target template tenant terminal text ' +
  'theme thread thumbnail timeline timeout timestamp title toggle token tool topic tracking transaction transform translation ' +
  'trigger tutorial typescript undefined unicode unique update upload url utm uploads validate variable vendor verify version ' +
  'vertical video viewport viewer visible wallet webhook webpack website widget width wiki window workflow workspace wrapper xml ' +
  'yaml zip zoom wp content includes exec eval system process shell bash class public static void main new return const let var ' +
  'require module exports async await promise catch throw print echo printf select insert where group values from'
).split(' ')

/** Names that end up in texts, from several alphabets and with marks. */
export const names: readonly string[] = (
  'Anna Ben Carla David Elena Farid Greta Hiro Ines Jonas Katja Liam Maria Nils Olga Paul Quentin Rosa Sven Tomas Ursula Viktor ' +
  'Wanda Xenia Yusuf Zo\u00eb Andr\u00e9 Jos\u00e9 Bj\u00f6rn M\u00fcller O\u2019Neill \u00c5sa \u0141ukasz \u0160pela ' +
  '\u041e\u043b\u044c\u0433\u0430 \u0418\u0432\u0430\u043d \u5f20\u4f1f \u7530\u4e2d \uae40\uc9c0 Garc\u00eda Smith Jones Nguyen'
).split(' ')

/** Media types, languages, encodings: values that whole headers are made of. */
export const headerValues: readonly (readonly [string, readonly string[]])[] = [
  [
    'accept',
    [
      '*/*',
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8',
      'application/json',
      'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
      'text/css,*/*;q=0.1',
      'application/json, text/plain, */*',
      'application/vnd.api+json',
      'text/event-stream',
      'application/graphql-response+json, application/json',
    ],
  ],
  [
    'accept-language',
    [
      'en-US,en;q=0.5',
      'en-US',
      'de,en-US;q=0.7,en;q=0.3',
      'fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7',
      'es-ES,es;q=0.9',
      'ja',
      'pt-BR,pt;q=0.8',
      'zh-CN,zh;q=0.9',
      'sv-SE',
      'it-IT,it;q=0.5',
      'ru-RU,ru;q=0.9',
    ],
  ],
  [
    'accept-encoding',
    ['gzip, deflate, br', 'gzip', 'gzip, deflate', 'identity', 'br;q=1.0, gzip;q=0.8', 'gzip, deflate, br, zstd'],
  ],
  [
    'content-type',
    [
      'application/json',
      'application/json; charset=utf-8',
      'application/x-www-form-urlencoded',
      'text/plain;charset=UTF-8',
      'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW',
      'application/graphql',
      'text/xml',
      'application/octet-stream',
      'application/grpc-web+proto',
    ],
  ],
  ['connection', ['keep-alive', 'close', 'Upgrade']],
  ['cache-control', ['no-cache', 'max-age=0', 'no-store']],
  ['pragma', ['no-cache']],
  ['upgrade-insecure-requests', ['1']],
  ['sec-fetch-site', ['same-origin', 'cross-site', 'none', 'same-site']],
  ['sec-fetch-mode', ['navigate', 'cors', 'no-cors', 'websocket']],
  ['sec-fetch-dest', ['document', 'empty', 'image', 'script', 'style', 'font', 'iframe']],
  ['sec-fetch-user', ['?1']],
  ['sec-ch-ua-mobile', ['?1']],
  ['sec-ch-ua-platform', ['"Android"', '"iOS"', '"Chrome OS"', '"Linux x86_64"']],
  ['x-requested-with', ['XMLHttpRequest', 'com.example.app']],
  ['dnt', ['1', '0']],
  ['te', ['trailers']],
  ['priority', ['u=0, i', 'u=1', 'u=4']],
  ['x-forwarded-proto', ['https', 'http']],
  ['x-forwarded-port', ['443', '80', '8443']],
  [
    'if-modified-since',
    ['Wed, 21 Oct 2015 07:28:00 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Tue, 01 Jul 2025 12:00:01 GMT'],
  ],
  ['range', ['bytes=0-1023', 'bytes=500-']],
  ['origin', ['https://www.example.org', 'http://localhost:3000', 'null']],
]

/** Templates of user agents; `#` becomes a number. */
export const agentTemplates: readonly string[] = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:#.0) Gecko/20100101 Firefox/#.0',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:#.0) Gecko/20100101 Firefox/#.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36 Edg/#.0.#.#',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_#_#) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/#.# Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS #_#_# like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/#.# Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (iPad; CPU OS #_# like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/#.0.#.# Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android #; Pixel #) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.#.# Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android #; SM-G#B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/#.0.#.# Mobile Safari/537.36',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'curl/8.#.#',
  'Wget/1.#.#',
  'python-requests/2.#.#',
  'Go-http-client/2.0',
  'okhttp/4.#.#',
  'PostmanRuntime/7.#.#',
  'axios/1.#.#',
  'node',
  'Java/21.0.#',
  'Apache-HttpClient/5.# (Java/17.0.#)',
  'kube-probe/1.#',
  'Prometheus/2.#.#',
  'ELB-HealthChecker/2.0',
  'Dalvik/2.1.0 (Linux; U; Android #; SM-A# Build/#)',
  'MyApp/#.# (com.example.app; build:#; iOS #.#.#) Alamofire/5.#.#',
  'grpc-node-js/1.#.#',
]
