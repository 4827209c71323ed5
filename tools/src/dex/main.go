// Dex with users and clients from one file, for tests and for trying out: what it knows is forgotten when it ends.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	gosundheit "github.com/AppsFlyer/go-sundheit"
	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/server/connectors"
	"github.com/dexidp/dex/server/signer"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/bcrypt"
)

// What the file says.
type settings struct {
	Issuer      string           `json:"issuer"`
	Listen      string           `json:"listen"`
	Certificate string           `json:"certificate"`
	Key         string           `json:"key"`
	Tokens      string           `json:"tokens"` // how long they are taken, as 90s
	Clients     []storage.Client `json:"clients"`
	Users       []user           `json:"users"`
}

type user struct {
	Email    string   `json:"email"`
	Password string   `json:"password"`
	Groups   []string `json:"groups"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: dex FILE")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	var told settings
	if err := json.Unmarshal(text, &told); err != nil {
		return fmt.Errorf("%s: %w", os.Args[1], err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	issuer, err := started(ctx, told)
	if err != nil {
		return err
	}
	serving := &http.Server{Addr: told.Listen, Handler: issuer, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = serving.Close()
	}()
	if err := serving.ListenAndServeTLS(told.Certificate, told.Key); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func started(ctx context.Context, told settings) (http.Handler, error) {
	lifetime, err := time.ParseDuration(told.Tokens)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	store, err := filled(told, logger)
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return time.Now().UTC() }
	keys := signer.LocalConfig{KeysRotationPeriod: "6h"}
	signing, err := keys.Open(ctx, store, lifetime, now, logger)
	if err != nil {
		return nil, err
	}
	return server.NewServer(ctx, server.Config{
		Issuer:             told.Issuer,
		Storage:            store,
		AllowedGrantTypes:  []string{"authorization_code", "password"},
		PasswordConnector:  connectors.LocalConnector,
		SkipApprovalScreen: true,
		IDTokensValidFor:   lifetime,
		Signer:             signing,
		Now:                now,
		Logger:             logger,
		PrometheusRegistry: prometheus.NewRegistry(),
		HealthChecker:      gosundheit.New(),
	})
}

func filled(told settings, logger *slog.Logger) (storage.Storage, error) {
	passwords := make([]storage.Password, 0, len(told.Users))
	for _, one := range told.Users {
		hash, err := bcrypt.GenerateFromPassword([]byte(one.Password), bcrypt.DefaultCost)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.Email, err)
		}
		passwords = append(passwords, storage.Password{
			Email: one.Email, Username: one.Email, UserID: one.Email, Hash: hash, Groups: one.Groups,
		})
	}
	store := storage.WithStaticClients(memory.New(logger), told.Clients)
	store = storage.WithStaticPasswords(store, passwords, logger)
	local := storage.Connector{ID: connectors.LocalConnector, Name: "Email", Type: connectors.LocalConnector}
	return storage.WithStaticConnectors(store, []storage.Connector{local}), nil
}
