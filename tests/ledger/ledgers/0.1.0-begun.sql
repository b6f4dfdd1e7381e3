BEGIN TRANSACTION;
CREATE TABLE entries (
	id INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	provider VARCHAR(200) NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	generation INTEGER NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	provider_id VARCHAR(200), 
	pinned TEXT NOT NULL, 
	reserved_usd FLOAT NOT NULL, 
	spent_usd FLOAT NOT NULL, 
	climb_id VARCHAR(100) NOT NULL, 
	owner VARCHAR(200), 
	lease_until FLOAT NOT NULL, 
	attempts INTEGER NOT NULL, 
	unknown_since FLOAT, 
	created_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	note TEXT NOT NULL, 
	result TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (kind, provider, "key", generation)
);
INSERT INTO "entries" VALUES(1,'job','api.openai.com/v1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',0,'succeeded','ftjob-1','{"base": "tiny", "seed": 7}',0.0,1.25,'demo-1',NULL,1790000063.0,1,NULL,1790000000.0,1790000006.0,'','{"model": "ft:tiny"}');
INSERT INTO "entries" VALUES(2,'job','api.openai.com/v1','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',0,'unknown',NULL,'{"base": "tiny", "seed": 7}',2.0,0.0,'demo-1','host/boot/pid:[1]|123|456|abcdef01',1790000070.0,1,1790000012.0,1790000007.0,1790000013.0,'no answer: é','');
INSERT INTO "entries" VALUES(3,'upload','api.openai.com/v1','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',0,'succeeded','file-1','{"base": "tiny", "seed": 7}',0.0,0.0,'demo-1',NULL,0.0,0,NULL,1790000014.0,1790000017.0,'','');
INSERT INTO "entries" VALUES(4,'job','api.openai.com/v1','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',0,'refused',NULL,'{"base": "tiny", "seed": 7}',0.0,0.0,'demo-1',NULL,1790000081.0,1,NULL,1790000018.0,1790000023.0,'not this base','');
CREATE TABLE history (
	id INTEGER NOT NULL, 
	entry_id INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	owner VARCHAR(200), 
	note TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "history" VALUES(1,1,1790000001.0,'intended',NULL,'');
INSERT INTO "history" VALUES(2,1,1790000004.0,'submitting','host/boot/pid:[1]|123|456|abcdef01','');
INSERT INTO "history" VALUES(3,1,1790000005.0,'submitted',NULL,'');
INSERT INTO "history" VALUES(4,1,1790000006.0,'succeeded',NULL,'');
INSERT INTO "history" VALUES(5,2,1790000008.0,'intended',NULL,'');
INSERT INTO "history" VALUES(6,2,1790000011.0,'submitting','host/boot/pid:[1]|123|456|abcdef01','');
INSERT INTO "history" VALUES(7,2,1790000013.0,'unknown','host/boot/pid:[1]|123|456|abcdef01','no answer: é');
INSERT INTO "history" VALUES(8,3,1790000015.0,'intended',NULL,'');
INSERT INTO "history" VALUES(9,3,1790000016.0,'submitted',NULL,'');
INSERT INTO "history" VALUES(10,3,1790000017.0,'succeeded',NULL,'');
INSERT INTO "history" VALUES(11,4,1790000019.0,'intended',NULL,'');
INSERT INTO "history" VALUES(12,4,1790000022.0,'submitting','host/boot/pid:[1]|123|456|abcdef01','');
INSERT INTO "history" VALUES(13,4,1790000023.0,'refused',NULL,'not this base');
CREATE INDEX ix_history_entry_id ON history (entry_id);
COMMIT;
