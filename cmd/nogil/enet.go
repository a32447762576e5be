package main

import "github.com/urfave/cli/v3"

func (a *app) enetCommand() *cli.Command { return &cli.Command{Name: "enet", Action: a.group} }
